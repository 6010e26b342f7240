package dev.riffle.evaluation;

import dev.riffle.cli.shared.CommandGroup;
import dev.riffle.evaluation.dna.ScoreAnnotations;
import dev.riffle.evaluation.music.ScoreSecondPass;
import dev.riffle.evaluation.music.ScoreTranscriptions;
import dev.riffle.evaluation.music.TranscribeDirectory;
import dev.riffle.evaluation.reads.ScoreReadUntil;
import picocli.CommandLine.Command;

/** {@code riffle evaluate}: a service that the command line finds on its class path. */
@Command(
    name = "evaluate",
    description = "Measure accuracy against known notes, genes and reads.",
    subcommands = {
      ScoreTranscriptions.class,
      ScoreSecondPass.class,
      TranscribeDirectory.class,
      ScoreAnnotations.class,
      ScoreReadUntil.class
    })
public final class EvaluateCommands extends CommandGroup {}
