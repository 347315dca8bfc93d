package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.state.StateRepository;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A runtime: it opens, says {@code ready}, and does random operations on all of its threads until
 * it is asked to stop, or killed. It prints its writes and their acknowledgements.
 */
final class RuntimeProcess {

  static final String READY = "ready";

  /** At most this long between two operations of a thread. */
  private static final int MAX_PAUSE_NANOS = 2_000_000;

  private static final List<Duration> SKEWS =
      List.of(Duration.ofHours(1), Duration.ZERO, Duration.ofHours(-1));

  private static volatile boolean stopped;

  private RuntimeProcess() {}

  /** Arguments: the installation's, which runtime this is, which life of it, and the seed. */
  public static void main(String[] args) throws Exception {
    LedgerWriter ledgerWriter = new LedgerWriter(new FileOutputStream(FileDescriptor.out));
    System.setOut(System.err); // what is logged must not mix with the ledger
    SoakInstallation installation = SoakInstallation.of(args);
    int runtime = Integer.parseInt(args[SoakInstallation.ARGUMENTS]);
    int life = Integer.parseInt(args[SoakInstallation.ARGUMENTS + 1]);
    long seed = Long.parseLong(args[SoakInstallation.ARGUMENTS + 2]);
    try (Persistence persistence = Retries.open(busy(installation, runtime, life))) {
      SagaRunner runner = Trips.runner(persistence);
      StateRepository.Watch watch = Watcher.start(persistence, ledgerWriter);
      ledgerWriter.say(READY);
      Floors floors = new Floors();
      OwnTransfers transfers = new OwnTransfers();
      CommitCheck commitCheck = new CommitCheck(new Database(installation));
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < World.THREADS; i++) {
        Random random = new Random(seed + 31L * (runtime + 31L * (life + 31L * i)));
        threads.add(
            start(
                new Actor(
                    persistence,
                    ledgerWriter,
                    floors,
                    transfers,
                    commitCheck,
                    random,
                    runtime,
                    life,
                    i),
                ledgerWriter));
      }
      awaitOrder();
      Breakers.awaitClosed(persistence.guard(), ledgerWriter);
      stopped = true;
      for (Thread thread : threads) {
        thread.join(Duration.ofSeconds(30).toMillis());
      }
      runner.close();
      watch.close();
    }
  }

  /**
   * Holds writes back while PostgreSQL is frozen, so that this is soaked, too. One runtime has no
   * memory: it reads from replicas, which the others' memory never does. The clock of another is an
   * hour ahead in one of its lives, and an hour behind in the next.
   */
  private static PersistenceConfig busy(SoakInstallation installation, int runtime, int life) {
    PersistenceConfig config = installation.config("soak-" + runtime);
    Duration skew = runtime == 1 ? SKEWS.get(life % SKEWS.size()) : Duration.ZERO;
    return config.toBuilder()
        .clock(Clock.offset(config.clock(), skew))
        .listener(new FaultyCallbacks())
        .cache(runtime == 0 ? CacheConfig.off() : config.cache())
        .backpressure(
            BackpressureConfig.block(Duration.ofSeconds(1)).toBuilder()
                .maxEntries(5_000)
                .maxBytes(64L << 20)
                .maxAge(Duration.ofSeconds(2))
                .build())
        .consistency(
            config.consistency().toBuilder().interval(Duration.ofSeconds(2)).sampleSize(50).build())
        .build();
  }

  private static Thread start(Actor actor, LedgerWriter ledgerWriter) {
    Thread thread = new Thread(() -> act(actor), "soak-actor " + actor.replica());
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((failed, why) -> unexpected(ledgerWriter, why));
    thread.start();
    return thread;
  }

  /** The slow operations come first, so that a short soak on a slow machine has some of them. */
  private static void act(Actor actor) {
    List<Operation> operations = Operations.all();
    actor.run(new RunSagas());
    actor.run(new ChangeBoth());
    while (!stopped) {
      actor.run(operations.get(actor.random().nextInt(operations.size())));
      LockSupport.parkNanos(actor.random().nextInt(MAX_PAUSE_NANOS));
    }
  }

  private static void unexpected(LedgerWriter ledgerWriter, Throwable why) {
    why.printStackTrace(System.err);
    ledgerWriter.unexpected(why.toString());
  }

  private static void awaitOrder() throws IOException {
    String unused =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
  }
}
