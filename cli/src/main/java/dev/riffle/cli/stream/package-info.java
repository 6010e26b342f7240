/**
 * Sound into Kafka, records out of it.
 *
 * <pre>
 *   Sound -> Playback -> TopicWriter -> topic "in"
 *   topics -> TopicReader -> Records.text / Records.json
 * </pre>
 */
package dev.riffle.cli.stream;
