package dev.riffle.jobs.sequence;

import java.io.Serializable;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Which field of a record is what. A field of a field is named with dots: {@code body.speed}.
 *
 * @param key tells sequences apart; null for the Kafka key
 * @param features fields of one number each, or one field with an array of them; empty for a token
 * @param width numbers of a step where features are an array; 0 where they are fields of their own;
 *     {@link JobFile#UNKNOWN} in a file with mistakes
 * @param token field of a token, null for features
 * @param alphabet of a token field of text or bytes, null for one of numbers
 * @param position index of the first step; null for the order of arrival
 * @param time capture time of the first step; null for Kafka's timestamp
 * @param timeUnit of {@code time}, since the epoch; null for ISO 8601
 * @param start true where a sequence begins; null for no such field
 * @param end true where it ends; null for no such field
 */
record EventFields(
    String key,
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

  /** Values of a step. */
  int stepWidth() {
    return token != null ? 1 : width > 0 ? width : features.size();
  }
}
