package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Agent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Lets runtimes mix all operations on real servers while one process after the other is killed or
 * frozen, and checks what was promised: while it runs, and when all is flushed. An operation may
 * fail for a transient reason, or because another one was there first; these are counted and
 * printed, and any other failure fails the soak. Its last line reads
 *
 * <pre>soak: seconds=N acknowledged=N faults=N sagas=N lost=N backward=N resurrected=N
 * stale_own_reads=N half_done=N</pre>
 */
final class Soak {

  private static final Duration EVERY = Duration.ofSeconds(10);

  private final int seconds;
  private final int natsServers;
  private final long seed;
  private final PrintStream out;
  private final Ledger ledger = new Ledger();
  private final Tally tally;

  private Soak(int seconds, int natsServers, long seed, PrintStream out) {
    this.seconds = seconds;
    this.natsServers = natsServers;
    this.seed = seed;
    this.out = out;
    this.tally = new Tally(out);
  }

  /**
   * Properties: {@code soak.seconds}; {@code soak.servers}, how many nats-servers; and {@code
   * soak.seed}, which is random when it is empty.
   */
  public static void main(String[] args) throws Exception {
    String seed = System.getProperty("soak.seed", "");
    int status =
        run(
            Integer.getInteger("soak.seconds", 600),
            Integer.getInteger("soak.servers", 1),
            seed.isEmpty() ? System.nanoTime() : Long.parseLong(seed),
            System.out);
    System.exit(status);
  }

  /** Soaks for so long; returns the exit status, 0 when no promise was broken. */
  static int run(int seconds, int natsServers, long seed, PrintStream out)
      throws IOException, SQLException {
    return new Soak(seconds, natsServers, seed, out).run();
  }

  private int run() throws IOException, SQLException {
    Path log = Files.createTempFile("soak", ".log");
    out.printf(
        "soak: seed=%d, %d s, %d nats-servers; the runtimes log to %s%n",
        seed, seconds, natsServers, log);
    int faults;
    int transfers;
    int sagas;
    try (SoakServers servers = SoakServers.start(natsServers)) {
      register(servers.installation());
      Database database = new Database(servers.installation());
      DurableChecks durable = new DurableChecks(database, tally);
      CheckpointPromises checkpoints = new CheckpointPromises(tally);
      TransferPromises booked = new TransferPromises(database, tally);
      CoordinationPromises coordinated = new CoordinationPromises(database, tally);
      Verification verification =
          new Verification(
              servers.installation(),
              database,
              ledger,
              tally,
              durable,
              checkpoints,
              booked,
              coordinated);
      try (Runtimes runtimes =
          new Runtimes(
              servers.installation(),
              ledger,
              tally,
              durable,
              checkpoints,
              booked,
              coordinated,
              log,
              seed)) {
        runtimes.start();
        faults = injectFaults(runtimes, new Faults(servers, runtimes, seed), verification);
        runtimes.stop();
      }
      verification.complete();
      transfers = booked.count();
      sagas = coordinated.ended();
    }
    if (tally.isClean()) {
      Files.delete(log);
    }
    return result(faults, transfers, sagas);
  }

  private static void register(SoakInstallation installation) {
    try (Persistence persistence = Retries.open(installation.config("soak-registration"))) {
      FeedCheck.keepAll(persistence.streams());
      World.owners().forEach(id -> persistence.agents().save(Agent.of(id, "soak", "owner")));
    }
  }

  private int injectFaults(Runtimes runtimes, Faults faults, Verification verification) {
    long begin = System.nanoTime();
    long end = begin + Duration.ofSeconds(seconds).toNanos();
    long report = begin + EVERY.toNanos();
    while (System.nanoTime() < end) {
      faults.next();
      runtimes.check();
      if (System.nanoTime() > report) {
        report = System.nanoTime() + EVERY.toNanos();
        verification.early();
        out.printf(
            "soak: %d of %d s, acknowledged=%d faults=%s lost=%d backward=%d resurrected=%d"
                + " stale_own_reads=%d half_done=%d%n",
            Duration.ofNanos(System.nanoTime() - begin).toSeconds(),
            seconds,
            ledger.acknowledged(),
            faults.done(),
            tally.count(Kind.LOST),
            tally.count(Kind.BACKWARD),
            tally.count(Kind.RESURRECTED),
            tally.count(Kind.STALE_OWN_READS),
            tally.count(Kind.HALF_DONE));
      }
    }
    return faults.count();
  }

  private int result(int faults, int transfers, int sagas) {
    tally.printTolerated();
    tally.printCompared();
    tally.printCounted();
    out.printf(
        "soak: seconds=%d acknowledged=%d faults=%d sagas=%d lost=%d backward=%d resurrected=%d"
            + " stale_own_reads=%d half_done=%d%n",
        seconds,
        ledger.acknowledged(),
        faults,
        sagas,
        tally.count(Kind.LOST),
        tally.count(Kind.BACKWARD),
        tally.count(Kind.RESURRECTED),
        tally.count(Kind.STALE_OWN_READS),
        tally.count(Kind.HALF_DONE));
    boolean tried = ledger.acknowledged() > 0 && faults > 0 && transfers > 0 && sagas > 0;
    return tally.isClean() && tried ? 0 : 1;
  }
}
