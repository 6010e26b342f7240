package dev.riffle.jobs.sequence;

import java.io.Serializable;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Which field of a record contains what. Fields of nested records are separated by dots: {@code
 * body.speed}. A component is null if the job file does not name the field.
 *
 * @param key identifies the sequence; null for the Kafka key
 * @param keyEncoding how the Kafka key identifies the sequence, if {@code key} is null
 * @param features fields of one number each, or one field with an array of them; empty for a token
 * @param width numbers per step if features are an array; 0 if they are separate fields; {@link
 *     #INVALID_WIDTH} if the job file is invalid
 * @param token field of a token, null for features
 * @param alphabet of a token field of text or bytes, null for a field of numbers
 * @param position index of the first step; null for the order of arrival
 * @param time capture time of the first step; null for Kafka's timestamp
 * @param timeUnit of {@code time}, since the epoch; null for ISO 8601
 * @param start true in the first record of a sequence
 * @param end true in the last record of a sequence
 */
record EventFields(
    String key,
    KeyEncoding keyEncoding,
    List<String> features,
    int width,
    String token,
    Alphabet alphabet,
    String position,
    String time,
    TimeUnit timeUnit,
    String start,
    String end)
    implements Serializable {

  /** A width that the job file does not state correctly, which has been reported. */
  static final int INVALID_WIDTH = -1;

  /** Values per step. */
  int stepWidth() {
    return token != null ? 1 : width > 0 ? width : features.size();
  }
}
