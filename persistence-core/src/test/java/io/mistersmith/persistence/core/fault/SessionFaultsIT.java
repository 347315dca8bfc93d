package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that revokes sessions all the time is killed with SIGKILL again and again, now and then
 * together with a server. What it has revoked is found in no process any more; what it was killed
 * in the midst of is soon the same in both stores; all else is valid.
 */
@Tag("fault")
class SessionFaultsIT {

  /** A breaker that has opened while a server was away lets calls through after half a minute. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String NOT_REVOKED =
      "SELECT session_id FROM sessions.active WHERE revoked_at IS NULL";

  private static final String UNPUBLISHED =
      "SELECT session_id FROM sessions.active WHERE unpublished";

  /** A session as the process named it. */
  private record Named(String token, String id) {}

  @TempDir private Path directory;

  private final Set<Named> valid = ConcurrentHashMap.newKeySet();
  private final Set<Named> revoked = ConcurrentHashMap.newKeySet();

  /** Those whose revocation began, and is not known to have ended. */
  private final Set<Named> doubtful = ConcurrentHashMap.newKeySet();

  @Test
  void whatIsRevokedStaysSo() throws Exception {
    int rounds = Repetitions.of(24, 3);
    int notTold = 0;
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence observer = SessionProcess.open(installation)) {
        for (int round = 1; round <= rounds; round++) {
          notTold += killOne(installation, servers, round);
          settle(installation, observer.sessions());
        }
        try (Persistence another = SessionProcess.open(installation)) {
          settle(installation, another.sessions());
        }
      }
      servers.report(
          "SessionFaults",
          "kills=%d revoked=%d valid=%d not_told_at_the_kill=%d back=0 lost=0"
              .formatted(rounds, revoked.size(), valid.size(), notTold));
    }
  }

  /** Its PostgreSQL is reached and its NATS is not, so that it dies between the two. */
  @Test
  void whatAKilledProcessDidNotTellKvIsToldByAnother() throws Exception {
    try (FaultServers servers = FaultServers.start();
        TcpProxy proxy = TcpProxy.to(servers.nats().url())) {
      Installation installation = servers.installation();
      try (Persistence observer = SessionProcess.open(installation);
          ChildJvm child = start(installation.at(proxy.url()), 3)) {
        ChildLines lines = ChildLines.read(child, this::note);
        child.stdin().println("open");
        await().atMost(PATIENCE).until(() -> valid.size() == 3);
        valid.forEach(session -> assertThat(observer.sessions().find(session.token())).isPresent());
        proxy.refuse(true);
        child.stdin().println("revoke");
        await().atMost(PATIENCE).until(() -> installation.query(NOT_REVOKED).isEmpty());
        child.kill();
        lines.awaitEnd();
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    valid.stream()
                        .allMatch(session -> observer.sessions().find(session.token()).isEmpty()));
      }
    }
  }

  /** Kills a process at work; returns how many rows say that KV was not told. */
  private int killOne(Installation installation, FaultServers servers, int round)
      throws IOException {
    try (ChildJvm child = start(installation, 0)) {
      ChildLines lines = ChildLines.read(child, this::note);
      int before = revoked.size();
      child.stdin().println("go");
      await().atMost(PATIENCE).until(() -> revoked.size() >= before + 20);
      if (round % 4 == 2) {
        servers.nats().kill();
        servers.nats().restart();
      }
      if (round % 4 == 3) {
        servers.postgres().kill();
        servers.postgres().restart();
      }
      awaitRevocation();
      child.kill();
      lines.awaitEnd();
    }
    return Retried.of(() -> installation.query(UNPUBLISHED)).size();
  }

  /** Returns when a revocation has just begun, and goes on for a few milliseconds more or less. */
  private void awaitRevocation() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (doubtful.isEmpty() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(4_000_000));
  }

  /** Calls again what fails because a server has just been restarted. */
  private interface Retried<T> {
    T call() throws Exception;

    static <T> T of(Retried<T> call) {
      return await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptionsMatching(
              e -> e instanceof TransientPersistenceException || e instanceof AssertionError)
          .until(call::call, found -> true);
    }
  }

  private ChildJvm start(Installation installation, int first) throws IOException {
    ChildJvm child =
        ChildJvm.start(
            SessionProcess.class,
            installation.asArguments(List.of(Integer.toString(first))),
            Map.of(),
            directory.resolve("child.log"));
    assertThat(child.stdout().readLine()).as("first line of the process").isEqualTo("ready");
    return child;
  }

  private void note(String line) {
    if (!line.endsWith(";")) {
      return;
    }
    String[] part = line.substring(0, line.length() - 1).split(" ", 3);
    Named session = new Named(part[1], part[2]);
    switch (part[0]) {
      case SessionProcess.VALID -> valid.add(session);
      case SessionProcess.REVOKING -> doubtful.add(session);
      default -> {
        revoked.add(session);
        doubtful.remove(session);
      }
    }
  }

  private void settle(Installation installation, Sessions sessions) {
    Set<String> rows = Set.copyOf(Retried.of(() -> installation.query(NOT_REVOKED)));
    List<Named> back = new ArrayList<>();
    for (Named session : revoked) {
      boolean found = Retried.of(() -> sessions.find(session.token())).isPresent();
      if (found || rows.contains(session.id())) {
        back.add(session);
      }
    }
    assertThat(back).as("revoked, and back").isEmpty();
    for (Named session : doubtful) {
      boolean inRow = rows.contains(session.id());
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .ignoreExceptions()
          .until(() -> sessions.find(session.token()).isPresent() == inRow);
    }
    List<Named> lost = new ArrayList<>();
    for (Named session : valid) {
      if (Retried.of(() -> sessions.touch(session.token())).isEmpty()) {
        lost.add(session);
      }
    }
    assertThat(lost).as("valid, and lost").isEmpty();
  }
}
