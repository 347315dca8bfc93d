package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.testkit.SharedStores;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Two processes write turns to one conversation at once, and a third one reads it. */
final class TwoWriters {

  private static final List<String> WRITERS = List.of("a", "b");
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final Duration BETWEEN_READS = Duration.ofMillis(50);

  private final Adapter adapter;
  private final int turns;
  private final String conversation = "turns-" + UUID.randomUUID();
  private final Judge judge;

  TwoWriters(Adapter adapter, boolean quick) {
    this.adapter = adapter;
    this.turns = quick ? 100 : 10_000;
    this.judge = new Judge(adapter.parts());
  }

  String name() {
    return adapter.name() + ".turns";
  }

  /**
   * Runs the writers.
   *
   * @param log the file that gets what the writers log
   * @return whether nothing was lost, reordered, or parted from its call
   */
  boolean run(SharedStores stores, Path log) throws Exception {
    try (Persistence persistence = stores.open()) {
      adapter.create(persistence, conversation);
      List<ChildJvm> writers = new ArrayList<>();
      try {
        for (String writer : WRITERS) {
          writers.add(start(stores, writer, log));
        }
        for (ChildJvm writer : writers) {
          awaitReady(writer, log);
        }
        writers.forEach(writer -> writer.stdin().println("go"));
        readUntilEnd(adapter.open(persistence, conversation), writers, log);
      } finally {
        writers.forEach(ChildJvm::close);
      }
    }
    try (Persistence persistence = stores.open()) { // which has nothing in memory
      judge.observe(adapter.open(persistence, conversation).read());
    }
    return judge.lost(WRITERS, turns) == 0 && judge.reordered() == 0 && judge.apart() == 0;
  }

  private ChildJvm start(SharedStores stores, String writer, Path log) {
    List<String> args =
        new ArrayList<>(List.of(adapter.name(), conversation, writer, String.valueOf(turns)));
    args.addAll(stores.address());
    Map<String, String> properties = Map.of("logback.configurationFile", "logback-bench.xml");
    return ChildJvm.start(Writer.class, args, properties, List.of("-Xmx1g"), log);
  }

  private static void awaitReady(ChildJvm writer, Path log) throws IOException {
    String line = writer.stdout().readLine();
    while (line != null && !line.equals(Writer.READY)) {
      line = writer.stdout().readLine();
    }
    if (line == null) {
      throw new IllegalStateException("a writer did not start: " + Files.readString(log));
    }
  }

  private void readUntilEnd(Chat chat, List<ChildJvm> writers, Path log) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    for (ChildJvm writer : writers) {
      while (writer.awaitExit(BETWEEN_READS).isEmpty()) {
        if (adapter.showsLastOnly()) {
          judge.observe(chat.read());
        }
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException("a writer did not end within " + LIMIT);
        }
      }
      if (writer.awaitExit(Duration.ZERO).orElse(-1) != 0) {
        throw new IllegalStateException("a writer failed: " + Files.readString(log));
      }
    }
  }

  /** Returns the line that is printed last. */
  String line() {
    return String.format(
        "turns: adapter=%s processes=%d turns=%d lost=%d reordered=%d apart=%d",
        adapter.name(),
        WRITERS.size(),
        WRITERS.size() * turns,
        judge.lost(WRITERS, turns),
        judge.reordered(),
        judge.apart());
  }
}
