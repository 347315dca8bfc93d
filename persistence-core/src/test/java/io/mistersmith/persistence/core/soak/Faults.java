package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.testkit.server.NatsServer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Does one random thing to one random process at a time. For one thread. */
final class Faults {

  /** The kinds of faults, each with its maximum duration. */
  enum What {
    KILL_RUNTIME(0),
    PAUSE_RUNTIME(5_000),
    KILL_NATS(1_500),
    PAUSE_NATS(3_500),
    KILL_POSTGRES(1_500),
    PAUSE_POSTGRES(3_500),
    SLOW_POSTGRES(4_000),
    END_SESSIONS(1_000),
    KILL_STANDBY(1_500),
    PAUSE_STANDBY(3_500),
    HOLD_REPLAY(3_500),
    STRANGER(0);

    private final int millis;

    What(int millis) {
      this.millis = millis;
    }
  }

  private static final int MAX_GAP_MILLIS = 3_000;
  private static final int SLOW_MILLIS_A_ROW = 8;
  private static final int MILLIS_BETWEEN_ENDS = 50;

  private final SoakServers servers;
  private final Runtimes runtimes;
  private final Random random;
  private final ForeignPublisher foreignPublisher;
  private final Map<What, Integer> done = new EnumMap<>(What.class);

  Faults(SoakServers servers, Runtimes runtimes, long seed) {
    this.servers = servers;
    this.runtimes = runtimes;
    this.random = new Random(seed);
    this.foreignPublisher = new ForeignPublisher(random);
  }

  int count() {
    return done.values().stream().mapToInt(Integer::intValue).sum();
  }

  Map<What, Integer> done() {
    return done;
  }

  /** Waits a while, then does something, and undoes it. */
  void next() {
    rest(100 + random.nextInt(MAX_GAP_MILLIS));
    What what = What.values()[random.nextInt(What.values().length)];
    int runtime = random.nextInt(World.RUNTIMES);
    NatsServer nats = servers.nats().get(random.nextInt(servers.nats().size()));
    int millis = what.millis == 0 ? 0 : 50 + random.nextInt(what.millis);
    switch (what) {
      case KILL_RUNTIME -> runtimes.kill(runtime);
      case PAUSE_RUNTIME -> {
        runtimes.pause(runtime);
        rest(millis);
        runtimes.resume(runtime);
      }
      case KILL_NATS -> {
        nats.kill();
        rest(millis);
        nats.restart();
      }
      case PAUSE_NATS -> {
        nats.pause();
        rest(millis);
        nats.resume();
      }
      case KILL_POSTGRES -> {
        servers.postgres().kill();
        rest(millis);
        servers.postgres().restart();
      }
      case PAUSE_POSTGRES -> {
        servers.postgres().pause();
        rest(millis);
        servers.postgres().resume();
      }
      case SLOW_POSTGRES -> {
        servers.database().slowDown(SLOW_MILLIS_A_ROW);
        rest(millis);
        servers.database().slowDown(0);
      }
      case END_SESSIONS -> endSessions(millis);
      case KILL_STANDBY -> {
        servers.standby().server().kill();
        rest(millis);
        servers.standby().server().restart();
      }
      case PAUSE_STANDBY -> {
        servers.standby().server().pause();
        rest(millis);
        servers.standby().server().resume();
      }
      case HOLD_REPLAY -> {
        servers.standby().pauseReplay();
        rest(millis);
        servers.standby().resumeReplay();
      }
      case STRANGER -> foreignPublisher.publish(nats);
    }
    done.merge(what, 1, Integer::sum);
  }

  /** A storm of pg_terminate_backend: none of the primary's sessions lasts. */
  private void endSessions(int millis) {
    long end = System.nanoTime() + millis * 1_000_000L;
    do {
      servers.database().endSessions();
      rest(MILLIS_BETWEEN_ENDS);
    } while (System.nanoTime() < end);
  }

  private static void rest(int millis) {
    long end = System.nanoTime() + millis * 1_000_000L;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
