package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Four writers in two processes append to one log while a process or a server is killed with
 * SIGKILL again and again. The log has no gap, no duplicate and no reordering, in KV and in
 * PostgreSQL.
 */
@Tag("fault")
@Tag("logs")
class LogFaultsIT {

  /** A breaker that has opened while a server was away lets calls through after half a minute. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final String OWNER = AgentId.external("conversation").toString();

  /** What is killed. */
  enum Victim {
    WRITER,
    FLUSHER,
    NATS,
    POSTGRES,
    ALL
  }

  @TempDir private Path directory;

  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
  private final List<ChildJvm> children = new ArrayList<>();
  private final List<ChildLines> outputs = new ArrayList<>();

  /** In each build all victims once; in the table each by itself too. */
  @ParameterizedTest
  @MethodSource("victims")
  void aLogStaysWhole(Victim victim) throws Exception {
    kill(victim, Repetitions.of(8, 1));
  }

  static Stream<Victim> victims() {
    return Stream.of(Victim.values())
        .filter(victim -> victim == Victim.ALL || Repetitions.of(1, 0) == 1);
  }

  private void kill(Victim victim, int rounds) throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      // The first one has the lease, and appends nothing.
      boolean flusherOfItsOwn = victim == Victim.FLUSHER || rounds > 1;
      ChildJvm flusher = flusherOfItsOwn ? start(installation, "f") : null;
      ChildJvm[] writers = {start(installation, "a0"), start(installation, "b0")};
      try {
        writers[0].stdin().println("go");
        writers[1].stdin().println("go");
        awaitMore(200);
        for (int round = 1; round <= rounds; round++) {
          if (victim == Victim.WRITER || victim == Victim.ALL) {
            int which = round % 2;
            writers[which].kill();
            writers[which] = start(installation, (which == 0 ? "a" : "b") + round);
            writers[which].stdin().println("go");
          }
          if (flusher != null && (victim == Victim.FLUSHER || victim == Victim.ALL)) {
            flusher.kill();
            flusher = start(installation, "f");
          }
          if (victim == Victim.NATS || victim == Victim.ALL) {
            servers.nats().kill();
            servers.nats().restart();
          }
          if (victim == Victim.POSTGRES || victim == Victim.ALL) {
            servers.postgres().kill();
            servers.postgres().restart();
          }
          awaitMore(100);
        }
        for (ChildJvm writer : writers) {
          writer.stdin().println("stop");
          assertThat(writer.awaitExit(PATIENCE)).as("exit of a writer").hasValue(0);
        }
        if (flusher != null) {
          flusher.kill();
        }
        outputs.forEach(ChildLines::awaitEnd);
      } finally {
        children.forEach(ChildJvm::close);
      }
      verify(servers, installation, victim, rounds);
    }
  }

  private ChildJvm start(Installation installation, String prefix) throws IOException {
    ChildJvm child =
        ChildJvm.start(
            LogWriterProcess.class,
            installation.asArguments(List.of(OWNER, prefix)),
            Map.of(),
            directory.resolve("child.log"));
    children.add(child);
    assertThat(child.stdout().readLine()).as("first line of a writer").isEqualTo("ready");
    outputs.add(ChildLines.read(child, this::note));
    return child;
  }

  private void note(String line) {
    if (line.endsWith(";")) {
      String[] part = line.substring(0, line.length() - 1).split(" ", 2);
      acknowledged.put(part[0], Long.parseLong(part[1]));
    }
  }

  private void awaitMore(int entries) {
    int before = acknowledged.size();
    await().atMost(PATIENCE).until(() -> acknowledged.size() >= before + entries);
  }

  private void verify(FaultServers servers, Installation installation, Victim victim, int rounds) {
    try (Persistence persistence = LogWriterProcess.open(installation)) {
      Log<String> log = persistence.log(AgentId.parse(OWNER), LogWriterProcess.LOG, String.class);
      long end = log.version();
      List<String> values = new ArrayList<>();
      while (values.size() < end) {
        List<Entry<String>> page = log.read(values.size() + 1, 500);
        assertThat(page).as("entries after version %d of %d", values.size(), end).isNotEmpty();
        for (Entry<String> entry : page) {
          assertThat(entry.version()).as("the next version").isEqualTo(values.size() + 1);
          values.add(entry.value());
        }
      }
      Set<String> distinct = new HashSet<>(values);
      assertThat(distinct).as("values without duplicates").hasSize(values.size());
      Map<String, Long> lost = new HashMap<>(acknowledged);
      lost.entrySet().removeIf(ack -> values.get((int) (ack.getValue() - 1)).equals(ack.getKey()));
      assertThat(lost).as("acknowledged entries that are lost or elsewhere").isEmpty();
      assertInOrder(values);
      log.awaitDurable(end, PATIENCE);
      assertThat(
              installation.query("SELECT entry #>> '{}' FROM agents.log_entries ORDER BY version"))
          .as("rows")
          .isEqualTo(values);
      assertThat(installation.query("SELECT reason FROM agents.dead_letters")).isEmpty();
      installation.assertNothingWentBack();
      servers.report(
          "LogFaults " + victim,
          "kills=%d entries=%d acknowledged=%d lost=0 gaps=0 duplicates=0 reordered=0"
              .formatted(rounds, end, acknowledged.size()));
    }
  }

  /** Each writer's numbers grow from entry to entry. */
  private static void assertInOrder(List<String> values) {
    Map<String, Integer> last = new HashMap<>();
    for (String value : values) {
      int dash = value.lastIndexOf('-');
      int number = Integer.parseInt(value.substring(dash + 1));
      Integer before = last.put(value.substring(0, dash), number);
      assertThat(number).as(value).isGreaterThan(before == null ? -1 : before);
    }
  }
}
