/**
 * Records in and out of Kafka topics.
 *
 * <pre>
 *   Sound -> Playback -> TopicWriter -> input topic     (Player runs it on its own thread)
 *   topics -> TopicReader -> Records.text, Records.json
 * </pre>
 */
package dev.riffle.cli.topic;
