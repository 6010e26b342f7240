package dev.riffle.models.families;

import dev.riffle.kernels.Device;
import dev.riffle.kernels.Kernels;
import dev.riffle.models.Description;
import dev.riffle.models.ModelException;
import dev.riffle.models.PredictionValues;
import dev.riffle.models.StreamModel;
import dev.riffle.models.WindowModel;
import dev.riffle.models.WindowOptions;
import dev.riffle.models.WindowStreamModel;
import dev.riffle.models.annotator.Annotator;
import dev.riffle.models.annotator.AnnotatorGolden;
import dev.riffle.models.annotator.Gene;
import dev.riffle.models.chordmixer.ChordMixerFamily;
import dev.riffle.models.chordmixer.ChordMixerGolden;
import dev.riffle.models.golden.GoldenCase;
import dev.riffle.models.golden.GoldenReport;
import dev.riffle.models.golden.GoldenResult;
import dev.riffle.models.lru.LruFamily;
import dev.riffle.models.lru.LruGolden;
import dev.riffle.models.qrnn.QrnnFamily;
import dev.riffle.models.qrnn.QrnnGolden;
import dev.riffle.models.readuntil.ReadUntil;
import dev.riffle.models.readuntil.ReadUntilGolden;
import dev.riffle.models.readuntil.ReadVerdict;
import dev.riffle.models.readuntil.References;
import dev.riffle.models.readuntil.SequentialTest;
import dev.riffle.models.routing.RoutingFamily;
import dev.riffle.models.routing.RoutingGolden;
import dev.riffle.models.rse.RseFamily;
import dev.riffle.models.rse.RseGolden;
import dev.riffle.models.transcriber.Note;
import dev.riffle.models.transcriber.SecondPass;
import dev.riffle.models.transcriber.SecondPassGolden;
import dev.riffle.models.transcriber.Transcriber;
import dev.riffle.models.transcriber.TranscriberGolden;
import dev.riffle.models.weights.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * All families. A new one is a line here. Whatever is loaded, described or checked here computes on
 * the device's thread where the backend has a device.
 */
public final class Families {
  private static final List<Family<?>> ALL =
      List.of(
          new Family<>(
              "lru",
              PredictionValues.class,
              LruFamily::load,
              Families::none,
              LruFamily::describe,
              LruGolden::check),
          new Family<>(
              "lru-transcriber",
              Note.class,
              Transcriber::new,
              Families::none,
              Transcriber::describe,
              TranscriberGolden::check),
          new Family<>(
              "dna-annotator",
              Gene.class,
              Annotator::new,
              Families::none,
              Annotator::describe,
              AnnotatorGolden::check),
          new Family<>(
              "qrnn",
              PredictionValues.class,
              QrnnFamily::load,
              QrnnFamily::windows,
              QrnnFamily::describe,
              QrnnGolden::check),
          new Family<>(
              "read-until",
              ReadVerdict.class,
              ReadUntil::load,
              Families::none,
              ReadUntil::describe,
              ReadUntilGolden::check),
          new Family<>(
              "rse",
              PredictionValues.class,
              Families::none,
              RseFamily::load,
              RseFamily::describe,
              RseGolden::check),
          new Family<>(
              "rse-second-pass",
              Note.class,
              SecondPass::load,
              Families::none,
              RseFamily::describe,
              SecondPassGolden::check),
          new Family<>(
              "chordmixer",
              PredictionValues.class,
              Families::none,
              ChordMixerFamily::read,
              ChordMixerFamily::describe,
              ChordMixerGolden::check),
          new Family<>(
              "chordmixer-rotate",
              PredictionValues.class,
              Families::onlyGoldens,
              Families::onlyGoldens,
              ChordMixerFamily::describe,
              ChordMixerGolden::check),
          new Family<>(
              "routing-transformer",
              PredictionValues.class,
              Families::none,
              RoutingFamily::model,
              RoutingFamily::describe,
              RoutingGolden::check));

  private Families() {}

  /** Names of all families. */
  public static List<String> names() {
    return ALL.stream().map(Family::name).toList();
  }

  /**
   * The family of this name.
   *
   * @param where what names it, for the message
   * @throws ModelException if there is none
   */
  public static Family<?> find(String name, String where) {
    for (Family<?> family : ALL) {
      if (family.name().equals(name)) {
        return family;
      }
    }
    throw new ModelException(
        where + " is of the family '" + name + "'; known are " + names() + ".");
  }

  /**
   * The model of a directory, which goes step by step and has to answer with this type.
   *
   * @throws ModelException if its family answers something else or reads whole windows, or it
   *     cannot be loaded
   */
  public static <O> StreamModel<O> load(
      ModelDirectory directory, Kernels kernels, Class<O> answers) {
    return load(directory, kernels, answers, null);
  }

  /**
   * The model of a directory, which has to answer with this type.
   *
   * @param windows how a sequence is cut, for a model of whole windows; null for one that goes step
   *     by step
   * @throws ModelException if its family answers something else, wants windows or none, or it
   *     cannot be loaded
   */
  @SuppressWarnings("unchecked") // the line of the table says what its loader answers
  public static <O> StreamModel<O> load(
      ModelDirectory directory, Kernels kernels, Class<O> answers, WindowOptions windows) {
    Family<?> family = find(directory.family(), directory.label());
    if (family.answers() != answers) {
      throw new ModelException(
          String.format(
              "Model %s is of the family '%s', which answers %s, but %s is wanted here.",
              directory.label(),
              family.name(),
              family.answers().getSimpleName(),
              answers.getSimpleName()));
    }
    return onDevice(kernels, () -> (StreamModel<O>) load(family, directory, kernels, windows));
  }

  /**
   * A transcriber whose notes wait for the verdict of a second pass.
   *
   * @throws ModelException if it is no transcriber, the other no second pass for it, or one of them
   *     cannot be loaded
   */
  public static StreamModel<Note> load(
      ModelDirectory transcriber, ModelDirectory secondPass, Kernels kernels) {
    if (!transcriber.family().equals("lru-transcriber")) {
      throw new ModelException(
          String.format(
              "Model %s is of the family '%s', but the second pass %s follows one of the family"
                  + " 'lru-transcriber': name that one, or leave the second pass out.",
              transcriber.label(), transcriber.family(), secondPass.label()));
    }
    return onDevice(kernels, () -> new Transcriber(transcriber, secondPass, kernels));
  }

  /**
   * A judge of reads by the references that the user names.
   *
   * @throws ModelException if the model is of another family or cannot be loaded
   */
  public static StreamModel<ReadVerdict> load(
      ModelDirectory readUntil, References references, SequentialTest test, Kernels kernels) {
    if (!readUntil.family().equals("read-until")) {
      throw new ModelException(
          String.format(
              "Model %s is of the family '%s', but reads are judged by one of the family"
                  + " 'read-until'.",
              readUntil.label(), readUntil.family()));
    }
    return onDevice(kernels, () -> new ReadUntil(readUntil, references, test, kernels));
  }

  private static <O> StreamModel<O> onDevice(Kernels kernels, Supplier<StreamModel<O>> loader) {
    StreamModel<O> model = Device.call(kernels, loader);
    return kernels
        .device()
        .<StreamModel<O>>map(device -> new DeviceModel<>(model, device))
        .orElse(model);
  }

  private static StreamModel<?> load(
      Family<?> family, ModelDirectory directory, Kernels kernels, WindowOptions windows) {
    String who = String.format("Model %s of the family '%s' ", directory.label(), family.name());
    if (windows == null) {
      StreamModel<?> model = family.steps().load(directory, kernels);
      if (model == null) {
        throw new ModelException(
            who
                + "reads whole windows: an answer sees all of its window. Say how long they are"
                + " (window length, and stride), or name a model that goes step by step.");
      }
      return model;
    }
    WindowModel model = family.windows().load(directory, kernels.forWindows());
    if (model == null) {
      throw new ModelException(
          who
              + "answers after each step, whatever comes later: leave the window of "
              + windows.length()
              + " steps out, or name a model that reads windows.");
    }
    return new WindowStreamModel(
        directory.name(),
        directory.version(),
        directory.family(),
        directory.fingerprint(),
        model,
        windows);
  }

  /** For a family that has no model of this form. */
  private static <M> M none(ModelDirectory directory, Kernels kernels) {
    return null;
  }

  private static <M> M onlyGoldens(ModelDirectory directory, Kernels kernels) {
    throw new ModelException(
        String.format(
            "Model %s names the family '%s', which is goldens of a part of a model, not of models.",
            directory.label(), directory.family()));
  }

  /**
   * What the model of a directory costs and sees.
   *
   * @param length steps to count the work of; 0 for one step, or the window that it is made for
   */
  public static Description describe(ModelDirectory directory, Kernels kernels, int length) {
    Family<?> family = find(directory.family(), directory.label());
    return Device.call(kernels, () -> family.describer().describe(directory, kernels, length));
  }

  /** Holds a backend against a golden file; its model, if it has one, is looked for around it. */
  public static GoldenResult check(Path golden, Kernels kernels) {
    return check(golden, null, kernels);
  }

  /**
   * Holds a backend against a golden file.
   *
   * @param model directory of the model of a golden that brings no weights; null to look around it
   */
  public static GoldenResult check(Path golden, Path model, Kernels kernels) {
    GoldenCase read = GoldenCase.read(golden, model);
    Family<?> family = find(read.family(), golden.toString());
    return Device.call(
        kernels,
        () -> {
          GoldenReport report = new GoldenReport();
          family.check().run(read, kernels, report);
          return report.result(read, kernels);
        });
  }
}
