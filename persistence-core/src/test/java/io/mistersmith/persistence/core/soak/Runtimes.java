package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The runtimes, each of which is started again when it was killed. For one thread. */
final class Runtimes implements AutoCloseable {

  /** A runtime's present life. */
  private static final class Life {
    private final ChildJvm process;
    private final Thread reader;

    Life(ChildJvm process, Thread reader) {
      this.process = process;
      this.reader = reader;
    }
  }

  private final SoakInstallation installation;
  private final Ledger ledger;
  private final Tally tally;
  private final DurableChecks durable;
  private final CheckpointPromises checkpoints;
  private final TransferPromises transfers;
  private final CoordinationPromises coordinated;
  private final Path log;
  private final long seed;
  private final CountDownLatch ready = new CountDownLatch(World.RUNTIMES);
  private final List<Life> lives = new ArrayList<>();
  private int started;

  Runtimes(
      SoakInstallation installation,
      Ledger ledger,
      Tally tally,
      DurableChecks durable,
      CheckpointPromises checkpoints,
      TransferPromises transfers,
      CoordinationPromises coordinated,
      Path log,
      long seed) {
    this.installation = installation;
    this.ledger = ledger;
    this.tally = tally;
    this.durable = durable;
    this.checkpoints = checkpoints;
    this.transfers = transfers;
    this.coordinated = coordinated;
    this.log = log;
    this.seed = seed;
  }

  /** Starts all, and returns when they are at work. */
  void start() {
    for (int runtime = 0; runtime < World.RUNTIMES; runtime++) {
      lives.add(begin(runtime));
    }
    try {
      if (!ready.await(180, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the runtimes do not start; their log says why");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Life begin(int runtime) {
    List<String> arguments = new ArrayList<>(installation.arguments());
    arguments.add(Integer.toString(runtime));
    arguments.add(Integer.toString(++started));
    arguments.add(Long.toString(seed));
    ChildJvm process =
        ChildJvm.start(
            RuntimeProcess.class,
            arguments,
            Map.of(),
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
            log);
    Ledger.Book book = ledger.open();
    Thread reader = new Thread(() -> read(process, book), "soak-reader-" + runtime);
    reader.setDaemon(true);
    reader.start();
    return new Life(process, reader);
  }

  private void read(ChildJvm process, Ledger.Book book) {
    process.stdout().lines().forEach(line -> take(line, book));
    book.close();
  }

  /** A line that was cut off by a kill has no end; the stream hands it over all the same. */
  private void take(String line, Ledger.Book book) {
    if (!line.endsWith(LedgerWriter.END)) {
      return;
    }
    String whole = line.substring(0, line.length() - LedgerWriter.END.length());
    if (book.take(whole)) {
      return;
    }
    String[] part = whole.split(" ", 3);
    switch (part[0]) {
      case LedgerWriter.DURABLE -> durable.expect(part[1], part[2]);
      case LedgerWriter.CHECKPOINT -> checkpoints.made(part[1], part[2]);
      case LedgerWriter.CHECKPOINT_MAY_GO -> checkpoints.mayGo(part[1]);
      case LedgerWriter.TRANSFER_COMMITTED -> transfers.committed(part[1]);
      case LedgerWriter.TRANSFER_REFUSED -> transfers.refused(part[1]);
      case LedgerWriter.SAGA_STARTED -> coordinated.started(part[1]);
      case LedgerWriter.PAIR_COMMITTED -> coordinated.committed(part[1]);
      case LedgerWriter.PAIR_REFUSED -> coordinated.refused(part[1]);
      case LedgerWriter.COUNTED ->
          tally.counted(whole.substring(LedgerWriter.COUNTED.length() + 1));
      case LedgerWriter.TOLERATED -> tally.tolerated(part[1], part[2]);
      case LedgerWriter.COMPARED -> tally.compared(StorageLayer.valueOf(part[1]));
      case LedgerWriter.SEEN -> tally.add(new Fault(Kind.valueOf(part[1]), part[2]));
      case LedgerWriter.UNEXPECTED -> tally.unexpected(whole);
      case RuntimeProcess.READY -> ready.countDown();
      default -> throw new IllegalStateException("a runtime says " + whole);
    }
  }

  /** A runtime that was not killed runs. */
  void check() {
    for (int runtime = 0; runtime < lives.size(); runtime++) {
      if (!lives.get(runtime).process.isAlive()) {
        tally.unexpected("runtime " + runtime + " has ended by itself; its log says why");
        kill(runtime);
      }
    }
  }

  void kill(int runtime) {
    Life life = lives.get(runtime);
    life.process.kill();
    awaitRead(life);
    life.process.close();
    lives.set(runtime, begin(runtime));
  }

  void pause(int runtime) {
    lives.get(runtime).process.pause();
  }

  void resume(int runtime) {
    lives.get(runtime).process.resume();
  }

  /** Has all stop what they do, and close. */
  void stop() {
    lives.forEach(life -> life.process.stdin().println("stop"));
    for (Life life : lives) {
      if (life.process.awaitExit(Duration.ofMinutes(2)).isEmpty()) {
        tally.unexpected("a runtime does not end");
        life.process.kill();
      }
      awaitRead(life);
    }
  }

  private static void awaitRead(Life life) {
    try {
      life.reader.join(Duration.ofSeconds(30).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    lives.forEach(life -> life.process.close());
  }
}
