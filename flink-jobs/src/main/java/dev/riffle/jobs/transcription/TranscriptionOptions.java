package dev.riffle.jobs.transcription;

import dev.riffle.jobs.options.JobOption;
import dev.riffle.jobs.options.OptionGroup;

/** Options of the transcription job. */
public final class TranscriptionOptions {
  private static final OptionGroup.Builder OPTIONS = OptionGroup.titled("Transcription");

  public static final JobOption<String> SECOND_PASS =
      OPTIONS
          .text("second-pass")
          .describedAs(
              "Version directory of a second-pass model, such as demo/models/rse-second-pass/1."
                  + " Final notes are then those that the second pass confirms.");

  public static final JobOption<String> CHANNEL =
      OPTIONS
          .text("channel")
          .oneOf(ChannelSelection.names())
          .defaultsTo("mix")
          .describedAs(
              "Channel that is transcribed. The mix is silent if the channels cancel; the job then"
                  + " logs a warning and counts cancelling_channels_total.");

  public static final OptionGroup GROUP = OPTIONS.build();

  private TranscriptionOptions() {}
}
