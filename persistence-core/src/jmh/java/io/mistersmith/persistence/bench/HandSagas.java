package io.mistersmith.persistence.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sagas as one writes them by hand, without owners: a transaction for the start and one for each
 * step, which writes the step's row and the log's. They use tables like the library's.
 */
final class HandSagas implements AutoCloseable {

  static final List<String> STEPS = List.of("flight", "hotel", "car");

  static final String LAST = "car";

  static final String EFFECT = "INSERT INTO public.bench_effects (number, step) VALUES (%s, %s)";

  static final String UNDO = "DELETE FROM public.bench_effects WHERE number = %s AND step = %s";

  private static final String TABLES =
      """
      CREATE TABLE IF NOT EXISTS public.bench_effects (
        number BIGINT NOT NULL, step TEXT NOT NULL, PRIMARY KEY (number, step));
      CREATE TABLE IF NOT EXISTS public.bench_runs (LIKE sagas.runs INCLUDING ALL);
      CREATE TABLE IF NOT EXISTS public.bench_log (LIKE sagas.log INCLUDING ALL);
      CREATE TABLE IF NOT EXISTS public.bench_open (LIKE sagas.open INCLUDING ALL)
      """;

  private static final String RUN =
      """
      INSERT INTO public.bench_runs (saga_id, name, version, steps, input, correlation_id)
      VALUES (?, 'bench', 1, '{flight,hotel,car}', CAST(? AS jsonb), ?)
      """;

  private static final String OPEN =
      """
      INSERT INTO public.bench_open
             (saga_id, name, version, holder, run_number, due_at, deadline)
      VALUES (?, 'bench', 1, 'hand', 1, now(), now() + INTERVAL '5 min')
      """;

  private static final String LOG =
      """
      INSERT INTO public.bench_log (saga_id, position, run_number, attempt, event, step, data)
      SELECT o.saga_id, ?, o.run_number, 1, ?, ?, CAST(? AS jsonb)
        FROM public.bench_open AS o
       WHERE o.saga_id = ? AND o.run_number = 1
      """;

  private static final String COMPENSATE =
      "UPDATE public.bench_open SET state = 'compensating' WHERE saga_id = ? AND run_number = 1";

  private static final String END =
      "DELETE FROM public.bench_open WHERE saga_id = ? AND run_number = 1";

  private final Site site;
  private final AtomicLong numbers = new AtomicLong(System.nanoTime());

  HandSagas(Site site) throws SQLException {
    this.site = site;
    try (Connection connection = site.postgres();
        Statement statement = connection.createStatement()) {
      statement.execute(TABLES);
    }
  }

  /** Takes so many numbers, and returns the first one. */
  long next(int count) {
    return numbers.getAndAdd(count);
  }

  static boolean fails(int number, int percent) {
    return number % 100 < percent;
  }

  /** Runs so many sagas by so many threads; returns the seconds. */
  double run(int count, int percent, int threads) throws InterruptedException {
    long first = next(count);
    long start = System.nanoTime();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int offset = i;
      Thread thread =
          new Thread(() -> runAlone(first, offset, count, percent, threads), "bench-hand-" + i);
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private void runAlone(long first, int offset, int count, int percent, int threads) {
    try (Connection connection = site.postgres()) {
      connection.setAutoCommit(false);
      for (int i = offset; i < count; i += threads) {
        runOne(connection, first + i, fails(i, percent));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void runOne(Connection connection, long number, boolean fails)
      throws SQLException {
    UUID id = UUID.randomUUID();
    String input = "{\"number\": " + number + ", \"fails\": " + fails + "}";
    update(connection, RUN, id, input, id.toString());
    update(connection, OPEN, id);
    connection.commit();
    int position = 1;
    for (String step : STEPS) {
      if (fails && step.equals(LAST)) {
        update(connection, LOG, position++, "failed", step, "{}", id);
        update(connection, LOG, position++, "compensating", step, "{}", id);
        update(connection, COMPENSATE, id);
        connection.commit();
        undo(connection, id, number, position);
        return;
      }
      update(connection, EFFECT.formatted("?", "?"), number, step);
      update(connection, LOG, position++, "done", step, "{\"rows\": 1}", id);
      if (step.equals(LAST)) {
        update(connection, LOG, position++, "ended", step, "{\"state\": \"COMPLETED\"}", id);
        update(connection, END, id);
      }
      connection.commit();
    }
  }

  private static void undo(Connection connection, UUID id, long number, int from)
      throws SQLException {
    int position = from;
    for (int i = STEPS.size() - 2; i >= 0; i--) {
      update(connection, UNDO.formatted("?", "?"), number, STEPS.get(i));
      update(connection, LOG, position++, "undone", STEPS.get(i), "{\"rows\": 1}", id);
      if (i == 0) {
        update(
            connection, LOG, position++, "ended", STEPS.get(i), "{\"state\": \"COMPENSATED\"}", id);
        update(connection, END, id);
      }
      connection.commit();
    }
  }

  private static void update(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("not one row: " + sql);
      }
    }
  }

  @Override
  public void close() {}
}
