package dev.riffle.cli.transcribe;

import dev.riffle.cli.audio.ChannelChoice;
import dev.riffle.cli.job.LocalJob;
import dev.riffle.cli.notes.MidiFlags;
import dev.riffle.cli.notes.NoteFormat;
import dev.riffle.cli.notes.WrittenNote;
import dev.riffle.cli.shared.Counted;
import dev.riffle.cli.shared.Failure;
import dev.riffle.cli.shared.InputFile;
import dev.riffle.cli.shared.InputFiles;
import dev.riffle.cli.shared.InputKind;
import dev.riffle.cli.shared.Installation;
import dev.riffle.cli.shared.OutputDirectory;
import dev.riffle.cli.shared.Progress;
import dev.riffle.cli.shared.ShutdownHook;
import dev.riffle.cli.shared.Workspace;
import dev.riffle.jobs.options.JobOptions;
import dev.riffle.jobs.stream.KafkaOptions;
import dev.riffle.jobs.stream.ModelOptions;
import dev.riffle.jobs.transcription.TranscriptionJob;
import dev.riffle.jobs.transcription.TranscriptionOptions;
import dev.riffle.models.InputException;
import dev.riffle.schemas.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Transcribes sound files with the same job as a live stream. */
@Command(
    name = "transcribe",
    description = {
      "Transcribe sound files to notes, as CSV, MIDI or JSON.",
      "The command starts a Kafka broker and a Flink cluster in this JVM, and sends each file as one"
          + " sequence. An input that cannot be used is reported, the others are transcribed, and the"
          + " exit code is 1. For each file, the command writes STEM.csv and STEM.mid to DIR. --csv, --midi and --json"
          + " select other formats."
    })
public final class TranscribeCommand implements Callable<Integer> {
  private static final TranscriptionJob JOB = new TranscriptionJob();

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "Sound files, folders, quoted patterns such as '*.wav', named pipes, or - for standard"
              + " input. WAV and AIFF; on Linux x86-64 also FLAC, MP3 and other formats that FFmpeg"
              + " decodes. 8 to 192 kHz, 1 to 8 channels.")
  List<String> arguments;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description =
          "Output directory. Created if it does not exist. Files of a folder keep their paths in it."
              + " - writes the notes of one input to standard output.")
  Path directory;

  @Option(
      names = "--csv",
      description = "Write STEM.csv: onset_s,offset_s,midi_pitch,velocity,confidence.")
  boolean csv;

  @Option(names = "--midi", description = "Write STEM.mid, a standard MIDI file.")
  boolean midi;

  @Mixin MidiFlags midiFlags;

  @Option(names = "--json", description = "Write STEM.json.")
  boolean json;

  @Option(
      names = "--channel",
      paramLabel = "auto|left|right|mix|each",
      defaultValue = "auto",
      description =
          "Channels that are transcribed. auto: their mix, unless they cancel; then the louder one."
              + " each: every channel separately, to STEM.1, STEM.2 (default: ${DEFAULT-VALUE}).")
  ChannelChoice channel;

  @Option(names = "--force", description = "Replace existing files.")
  boolean force;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Version directory of the model (default: the shipped lru-transcriber/1.1).")
  Path model;

  @Option(
      names = "--second-pass",
      paramLabel = "DIR",
      description =
          "Version directory of a second pass, such as demo/models/rse-second-pass/1. Only notes"
              + " that it accepts are written (default: no second pass).")
  Path secondPass;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description = "Backend, such as cpu or reference (default: ${DEFAULT-VALUE}).")
  String backend;

  private int problems;

  @Override
  public Integer call() throws IOException {
    List<NoteFormat> formats = formats();
    InputFiles inputs = InputFiles.of(arguments, InputKind.SOUND);
    checkNames(inputs, formats);
    PrintWriter out = toStream() ? spec.commandLine().getErr() : spec.commandLine().getOut();
    Progress progress = new Progress(out, !toStream() && Installation.terminal());
    long began = System.nanoTime();
    try (Workspace copies = Workspace.make()) {
      NoteFiles files = new NoteFiles(directory, formats, midiFlags.timing());
      if (!toStream()) {
        if (channel != ChannelChoice.EACH) { // its files are named when the channels are known
          checkFree(files, inputs.files().stream().map(InputFile::stem).toList());
        }
        OutputDirectory.make(directory);
      }
      inputs.problems().forEach(this::problem);
      List<Take> takes = scan(inputs.files(), copies, progress);
      if (channel == ChannelChoice.EACH) {
        checkFree(files, takes.stream().map(Take::stem).toList());
      }
      if (!takes.isEmpty()) {
        Map<String, Take> byId = FileTranscription.byId(takes);
        Transcripts transcripts;
        try (LocalJob local = LocalJob.start(JOB, options())) {
          transcripts = new FileTranscription(local, byId, progress).transcribe();
        }
        byId.forEach((id, take) -> write(take, id, transcripts, files));
        out.printf(
            Locale.ROOT,
            "%.1f s of sound in %.1f s.%n",
            takes.stream().map(Take::of).distinct().mapToDouble(ScannedSound::seconds).sum(),
            (System.nanoTime() - began) / 1e9);
        out.flush();
      }
    }
    return problems == 0 ? 0 : 1;
  }

  private boolean toStream() {
    return directory.toString().equals(InputFiles.STREAM);
  }

  private void checkNames(InputFiles inputs, List<NoteFormat> formats) {
    if (toStream() && (inputs.several() || channel == ChannelChoice.EACH || formats.size() > 1)) {
      throw new ParameterException(
          spec.commandLine(),
          "-o - writes one input in one format to standard output. Pass a directory with -o for"
              + " several inputs, for several formats and for --channel each.");
    }
    try {
      for (InputFile input : inputs.files()) {
        inputs.claim(input.stem().resolveSibling(input.stem().getFileName() + ".*"), input);
      }
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private void checkFree(NoteFiles files, List<Path> stems) {
    if (!force) {
      files.checkFree(stems);
    }
  }

  /** One line for each input that cannot be transcribed; the others are not affected. */
  private void problem(String what) {
    problems++;
    warn(what);
  }

  private void warn(String what) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("riffle: " + Printable.line(what));
    err.flush();
  }

  /** Decodes every file once, so that an unreadable one is reported before the start. */
  private List<Take> scan(List<InputFile> files, Workspace copies, Progress progress) {
    List<Take> takes = new ArrayList<>();
    int done = 0;
    for (InputFile file : files) {
      if (files.size() > 1) {
        progress.showFiles(done++, files.size(), "read");
      }
      try {
        ScannedSound sound = ScannedSound.scan(file, copies);
        takes.addAll(sound.takes(channel));
        progress.clear();
        sound.warnings(channel).forEach(this::warn);
      } catch (InputException e) {
        progress.clear();
        problem(e.getMessage());
      }
      if (ShutdownHook.asked()) {
        throw new Failure("Stopped.");
      }
    }
    progress.clear();
    return takes;
  }

  private void write(Take take, String id, Transcripts transcripts, NoteFiles files) {
    String why = transcripts.problems().get(id);
    if (take.problem().isPresent() || why != null) {
      problem(take.problem().orElse(take.name() + " was not transcribed: " + why));
      return;
    }
    List<WrittenNote> notes = transcripts.notes(id);
    PrintWriter out = spec.commandLine().getOut();
    String written;
    if (toStream()) {
      print(files.formats().get(0), take.source(), notes);
      written = "standard output";
      out = spec.commandLine().getErr();
    } else {
      written = String.join(", ", files.write(take.stem(), take.source(), notes));
    }
    String line = take.name() + ": " + Counted.of(notes.size(), "note") + " -> " + written;
    out.println(Printable.line(line));
    out.flush();
  }

  private void print(NoteFormat format, String source, List<WrittenNote> notes) {
    byte[] bytes = format.bytes(source, notes, midiFlags.timing());
    if (format == NoteFormat.MIDI) { // not text
      System.out.write(bytes, 0, bytes.length);
      System.out.flush();
    } else {
      spec.commandLine().getOut().print(new String(bytes, StandardCharsets.UTF_8));
      spec.commandLine().getOut().flush();
    }
  }

  private List<NoteFormat> formats() {
    List<NoteFormat> formats = new ArrayList<>();
    boolean noneGiven = !csv && !midi && !json;
    if (csv || noneGiven) {
      formats.add(NoteFormat.CSV);
    }
    if (midi || noneGiven && !toStream()) {
      formats.add(NoteFormat.MIDI);
    }
    if (json) {
      formats.add(NoteFormat.JSON);
    }
    return formats;
  }

  private JobOptions options() {
    try {
      JobOptions options =
          JOB.options()
              .of(
                  Map.of(
                      ModelOptions.MODEL.name(),
                      (model != null ? model : Installation.transcriber()).toString(),
                      ModelOptions.BACKEND.name(),
                      backend,
                      KafkaOptions.PREVIEW.name(),
                      "false",
                      KafkaOptions.STREAM.name(),
                      "transcribe"));
      return secondPass == null
          ? options
          : options.with(TranscriptionOptions.SECOND_PASS, secondPass.toString());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
