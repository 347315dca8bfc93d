package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.testkit.SharedStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Measures the adapters of agent frameworks on real servers and prints a line for each figure and
 * for each adapter that two processes wrote by, last. Fails when a line is missing, or when a
 * process lost, reordered or parted something; not when a figure misses its goal.
 */
public final class AdapterBenchmarks {

  private final Pattern selected;
  private final boolean quick;
  private final List<Figure> figures = new ArrayList<>();
  private final List<String> turns = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  private AdapterBenchmarks(Pattern selected, boolean quick) {
    this.selected = selected;
    this.quick = quick;
  }

  /**
   * Takes the directory of the logs, {@code -bench=REGEX} of the names of figures, empty for all,
   * and {@code -quick=true} for a short run that only shows that all of it works.
   */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createDirectories(Path.of(args[0]));
    Pattern selected = Pattern.compile(argument(args[1], "-bench="));
    boolean quick = Boolean.parseBoolean(argument(args[2], "-quick="));
    int status;
    try (SharedStores stores = SharedStores.onServers("adapters-")) {
      status = new AdapterBenchmarks(selected, quick).run(stores, directory);
    }
    System.exit(status);
  }

  private static String argument(String argument, String prefix) {
    if (!argument.startsWith(prefix)) {
      throw new IllegalArgumentException(argument + " is not " + prefix + "…");
    }
    return argument.substring(prefix.length());
  }

  private int run(SharedStores stores, Path directory) {
    for (Adapter adapter : Adapter.all()) {
      Appends appends = new Appends(adapter, quick);
      measure(List.of(appends.name()), () -> figures.add(appends.measure(stores)));
    }
    measure(
        List.of(LatestCheckpoint.NAME), () -> figures.add(LatestCheckpoint.measure(stores, quick)));
    measure(BesideJdbc.names(), () -> figures.addAll(new BesideJdbc(quick).measure(stores)));
    for (Adapter adapter : Adapter.all()) {
      TwoWriters writers = new TwoWriters(adapter, quick);
      measure(List.of(writers.name()), () -> write(writers, stores, directory));
    }
    figures.forEach(figure -> System.out.println("spread: " + figure.spread()));
    failures.forEach(failure -> System.out.println("failed: " + failure));
    figures.forEach(figure -> System.out.println(figure.line()));
    turns.forEach(System.out::println);
    if (figures.isEmpty() && turns.isEmpty()) {
      System.err.println("bench: there is no figure like " + selected);
      return 1;
    }
    return failures.isEmpty() ? 0 : 1;
  }

  private interface Measurement {
    void make() throws Exception;
  }

  private void measure(List<String> names, Measurement measurement) {
    if (names.stream().noneMatch(selected.asPredicate())) {
      return;
    }
    System.err.println("bench: measuring " + String.join(", ", names));
    try {
      measurement.make();
    } catch (Exception e) {
      failures.add(String.join(", ", names) + ": " + e);
      e.printStackTrace(System.err);
    }
  }

  private void write(TwoWriters writers, SharedStores stores, Path directory) throws Exception {
    boolean whole = writers.run(stores, directory.resolve(writers.name() + ".log"));
    turns.add(writers.line());
    System.err.println(writers.line());
    if (!whole) {
      failures.add(writers.name() + ": not all that was written is there as it was written");
    }
  }
}
