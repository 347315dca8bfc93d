package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.transaction.Transaction;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Sagas of three steps, each of which inserts a row: by runners, and the same statements by hand,
 * or workflows of DBOS Transact. What counts is the steps that are done, a second; those of sagas
 * that fail are undone besides.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SagaCalls {

  private static final int THREADS = 4;

  /** DBOS runs its workflows on threads without a limit; both sides have so many connections. */
  private static final int BESIDE_DBOS = 16;

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How many sagas a round runs. */
  @Param("3000")
  public int sagas;

  /** All sagas are done. */
  @Benchmark
  public int noneFail() throws Exception {
    return turn(0);
  }

  /** 3 % of the sagas are undone. */
  @Benchmark
  public int fewFail() throws Exception {
    return turn(3);
  }

  /** 30 % of the sagas are undone. */
  @Benchmark
  public int manyFail() throws Exception {
    return turn(30);
  }

  /** Steps of workflows of DBOS Transact, and of sagas, none of which fails. */
  @Benchmark
  public int besideDbos() throws Exception {
    Trips trips = Opened.get("sagas beside dbos", () -> new Trips(BESIDE_DBOS));
    DbosTrips dbos = Opened.get("dbos", () -> new DbosTrips(Site.present(), BESIDE_DBOS));
    double steps = sagas * 3.0;
    Recorder.note(Turns.RAW, steps / dbos.run(trips.hand.next(sagas), sagas));
    Recorder.note(Turns.OURS, steps / trips.run(sagas, 0));
    return sagas;
  }

  private int turn(int percent) throws Exception {
    Trips trips = Opened.get("sagas", () -> new Trips(THREADS));
    double steps = sagas * (3 - percent / 100.0);
    Recorder.note(Turns.RAW, steps / trips.hand.run(sagas, percent, THREADS));
    Recorder.note(Turns.OURS, steps / trips.run(sagas, percent));
    return sagas;
  }

  private static final class Trips implements AutoCloseable {

    private final Persistence persistence;
    private final Sagas sagas;
    private final HandSagas hand;
    private final Saga trip;
    private final int threads;

    Trips(int threads) throws SQLException {
      this.threads = threads;
      Site site = Site.present();
      hand = new HandSagas(site);
      persistence =
          Persistence.open(
              site.config("sagas-" + ProcessHandle.current().pid() + "-" + threads)
                  .postgres(postgres -> postgres.connections(1, threads))
                  .build());
      sagas = persistence.sagas();
      Saga.Builder steps = Saga.builder("bench", 1);
      for (String name : HandSagas.STEPS) {
        steps.step(
            SagaStep.inTransaction(
                    name, (context, transaction) -> insert(name, context.input(), transaction))
                .compensatedInTransaction(
                    (context, transaction) -> delete(name, context.input(), transaction)));
      }
      trip = steps.build();
    }

    private static Map<String, Object> insert(
        String step, Map<String, Object> input, Transaction transaction) {
      if (Boolean.TRUE.equals(input.get("fails")) && step.equals(HandSagas.LAST)) {
        throw new StepRefusedException("no seats left");
      }
      int rows =
          transaction.update(
              HandSagas.EFFECT.formatted(":number", ":step"),
              Map.of("number", number(input), "step", step));
      return Map.of("rows", rows);
    }

    private static Map<String, Object> delete(
        String step, Map<String, Object> input, Transaction transaction) {
      int rows =
          transaction.update(
              HandSagas.UNDO.formatted(":number", ":step"),
              Map.of("number", number(input), "step", step));
      return Map.of("rows", rows);
    }

    private static long number(Map<String, Object> input) {
      return ((Number) input.getOrDefault("number", 0)).longValue();
    }

    /** Starts so many sagas beside a runner, and returns the seconds until all have ended. */
    double run(int count, int percent) throws InterruptedException {
      long first = hand.next(count);
      long start = System.nanoTime();
      SagaRunner runner = sagas.startRunner(SagaRunner.Options.of(threads), List.of(trip));
      List<Thread> starters = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int offset = i;
        Thread thread = new Thread(() -> start(first, offset, count, percent), "bench-start-" + i);
        thread.start();
        starters.add(thread);
      }
      for (Thread thread : starters) {
        thread.join();
      }
      awaitAll(SagaRun.State.RUNNING);
      awaitAll(SagaRun.State.COMPENSATING);
      double seconds = (System.nanoTime() - start) / 1e9;
      runner.close();
      return seconds;
    }

    private void start(long first, int offset, int count, int percent) {
      for (int i = offset; i < count; i += threads) {
        boolean fails = HandSagas.fails(i, percent);
        UUID unused = sagas.start(trip, SagaStart.of(Map.of("number", first + i, "fails", fails)));
      }
    }

    private void awaitAll(SagaRun.State state) throws InterruptedException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      SagaQuery open = SagaQuery.all().withState(state).withLimit(1);
      while (!sagas.find(open).isEmpty()) {
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException("sagas are still " + state);
        }
        TimeUnit.MILLISECONDS.sleep(2);
      }
    }

    @Override
    public void close() throws SQLException {
      persistence.close();
      hand.close();
    }
  }
}
