/**
 * What travels on Kafka: records generated from {@code src/main/avro}, and the codec that turns
 * them into bytes and back.
 *
 * <pre>
 *   record --- AvroCodec.encode ---&gt; 0x00 | schema id, int32 big-endian | Avro binary
 *   bytes  --- AvroCodec.decode ---&gt; record, read with the schema that wrote it
 *                    |
 *             SchemaResolver          id &lt;-&gt; schema
 *             StaticSchemaResolver    the ids and schemas that ship in history/
 * </pre>
 *
 * To change a record: edit its schema, put a copy of it into {@code resources/history} under the
 * next version and append its name to {@link dev.riffle.schemas.StaticSchemaResolver#HISTORY}. A
 * new field needs a default, so that what is already on the topics stays readable.
 */
package dev.riffle.schemas;
