package io.mistersmith.persistence.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the experiments on one set of real servers and prints a line for each figure, last. The
 * rounds of both sides alternate in this JVM, which JMH calls not forked: two JVMs on one machine
 * differ by more than what is measured here. Fails when a figure is missing, not when a goal is.
 */
public final class Benchmarks {

  private final Path directory;
  private final Site site;
  private final List<RunResult> results = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  private Benchmarks(Path directory, Site site) {
    this.directory = directory;
    this.site = site;
  }

  /**
   * Takes the directory of the results, {@code -bench=REGEX} of the figures' names, empty for all,
   * and {@code -quick=true} for a short run that only shows that all of it works.
   */
  public static void main(String[] args) throws IOException {
    Pattern selected = Pattern.compile(argument(args[1], "-bench="));
    boolean quick = Boolean.parseBoolean(argument(args[2], "-quick="));
    Path directory = Files.createDirectories(Path.of(args[0]));
    List<Experiment> experiments =
        Experiment.all(quick).stream()
            .filter(experiment -> experiment.names().stream().anyMatch(selected.asPredicate()))
            .toList();
    if (experiments.isEmpty()) {
      System.err.println("bench: there is no figure like " + selected);
      System.exit(1);
    }
    System.exit(new Benchmarks(directory, Site.start()).run(experiments));
  }

  private static String argument(String argument, String prefix) {
    if (!argument.startsWith(prefix)) {
      throw new IllegalArgumentException(argument + " is not " + prefix + "…");
    }
    return argument.substring(prefix.length());
  }

  private int run(List<Experiment> experiments) throws IOException {
    for (Experiment experiment : experiments) {
      System.err.println("bench: measuring " + String.join(", ", experiment.names()));
      try {
        Collection<RunResult> measured = new Runner(options(experiment).build()).run();
        results.addAll(measured);
        figures.addAll(experiment.figures().apply(new Measurements(measured)));
      } catch (RunnerException | RuntimeException e) {
        failures.add(String.join(", ", experiment.names()) + ": " + e);
        e.printStackTrace(System.err);
      } finally {
        Opened.closeAll();
      }
    }
    Path json = directory.resolve("results.json");
    try (PrintStream out = new PrintStream(json.toFile(), StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
    figures.forEach(figure -> System.out.println("spread: " + figure.spread()));
    failures.forEach(failure -> System.out.println("failed: " + failure));
    figures.forEach(figure -> System.out.println(figure.line()));
    return failures.isEmpty() ? 0 : 1;
  }

  private ChainedOptionsBuilder options(Experiment experiment) {
    String[] rounds =
        IntStream.rangeClosed(1 - experiment.warmUps(), experiment.rounds())
            .mapToObj(Integer::toString)
            .toArray(String[]::new);
    return experiment
        .settings()
        .apply(
            new OptionsBuilder()
                .include(experiment.include())
                .param("round", rounds)
                .forks(0)
                .threads(1)
                .addProfiler(Recorder.class)
                .shouldFailOnError(true)
                .jvmArgsAppend(site.asProperties().toArray(String[]::new))
                .output(directory.resolve(experiment.names().get(0) + ".log").toString()));
  }
}
