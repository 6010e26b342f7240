/**
 * The records of the Kafka topics, generated from {@code src/main/avro}, and the codec that encodes
 * and decodes them.
 *
 * <pre>
 *   record --- AvroCodec.encode ---&gt; 0x00 | schema id, int32 big-endian | Avro binary
 *   bytes  --- AvroCodec.decode ---&gt; record, read with the schema that wrote it
 *                    |
 *             SchemaResolver          id &lt;-&gt; schema
 *             StaticSchemaResolver    the ids and schemas in history/
 * </pre>
 *
 * <p>{@link dev.riffle.schemas.Printable} makes text from records safe to print, and {@link
 * dev.riffle.schemas.StrictUtf8} converts keys without merging different ones.
 *
 * <p>To change a record, edit its schema, add a copy to {@code resources/history} with the next
 * version, and append its name to {@link dev.riffle.schemas.StaticSchemaResolver#HISTORY}. A new
 * field needs a default, so that records on existing topics stay readable.
 */
package dev.riffle.schemas;
