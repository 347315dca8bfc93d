package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the statements of one pool that take too long, by the method that runs them and their first
 * word, such as {@code PostgresStateStore.find SELECT}. Never logs a value or a key: the text of a
 * statement is logged once, and has placeholders only. Logs at most one line for each statement in
 * ten seconds, with the number of those left out. Thread-safe.
 */
final class SlowStatements implements SqlLogger {

  private static final Logger LOG = LoggerFactory.getLogger(SlowStatements.class);

  private static final long PAUSE = Duration.ofSeconds(10).toNanos();
  private static final Line NONE = new Line(true, 0, 0, 0);
  private static final String PACKAGE = SlowStatements.class.getPackageName() + ".";

  private final String pool;
  private final long limit;
  private final LongSupplier nanoTime;
  private final LongAdder count = new LongAdder();
  private volatile boolean begun;
  private final Map<String, Line> lines = new HashMap<>();

  /** A line that was logged, if there was one: when, and what was left out since. */
  private record Line(boolean none, long at, int more, long longest) {}

  /**
   * Logs what takes this long.
   *
   * @param limit zero to log nothing
   */
  SlowStatements(String pool, Duration limit, LongSupplier nanoTime) {
    this.pool = pool;
    this.limit = limit.isZero() ? Long.MAX_VALUE : limit.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Begins to log: what a runtime asks when it opens is slow where the server is cold. */
  void begin() {
    begun = true;
  }

  /** Returns how many there were. */
  long count() {
    return count.sum();
  }

  @Override
  public void logAfterExecution(StatementContext context) {
    executed(context, "");
  }

  @Override
  public void logException(StatementContext context, SQLException thrown) {
    executed(context, ", and failed with SQLSTATE " + thrown.getSQLState());
  }

  private void executed(StatementContext context, String outcome) {
    long nanos = context.getElapsedTime(ChronoUnit.NANOS);
    if (begun && nanos >= limit) {
      String text = context.getRenderedSql() == null ? "" : context.getRenderedSql().strip();
      slow(text, nanos, outcome);
    }
  }

  /** A commit took so long. */
  void committed(long nanos) {
    if (begun && nanos >= limit) {
      slow("COMMIT", nanos, "");
    }
  }

  private void slow(String text, long nanos, String outcome) {
    count.increment();
    String name = caller() + " " + text.split("\\s", 2)[0].toUpperCase(Locale.ROOT);
    Optional<Line> last = due(name, nanos);
    if (last.isEmpty()) {
      return;
    }
    if (last.get().none()) {
      LOG.info("{} is: {}", name, text.replaceAll("\\s+", " "));
    }
    LOG.warn(
        "slow statement {} took {} ms in the pool {}, over {} ms{}{}",
        name,
        nanos / 1_000_000,
        pool,
        limit / 1_000_000,
        outcome,
        last.get().more() == 0
            ? ""
            : "; %d more since the last line, of up to %d ms"
                .formatted(last.get().more(), last.get().longest() / 1_000_000));
  }

  /** Returns the line before the one that is to be logged now; empty when none is. */
  private synchronized Optional<Line> due(String name, long nanos) {
    long now = nanoTime.getAsLong();
    Line last = lines.getOrDefault(name, NONE);
    if (!last.none() && now - last.at() < PAUSE) {
      lines.put(name, new Line(false, last.at(), last.more() + 1, Math.max(last.longest(), nanos)));
      return Optional.empty();
    }
    lines.put(name, new Line(false, now, 0, 0));
    return Optional.of(last);
  }

  /** Returns the class and method of this package that runs the statement. */
  private static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(frame -> frame.getClassName().startsWith(PACKAGE))
                    .filter(frame -> !isPlumbing(frame.getClassName()))
                    .map(frame -> plain(frame.getClassName()) + "." + method(frame.getMethodName()))
                    .findFirst())
        .orElse("statement");
  }

  private static boolean isPlumbing(String className) {
    return className.equals(SlowStatements.class.getName())
        || className.equals(Database.class.getName())
        || className.equals(PostgresSql.class.getName());
  }

  private static String plain(String className) {
    return className.substring(PACKAGE.length()).replace('$', '.');
  }

  /** The method that a lambda is in. */
  private static String method(String name) {
    return name.startsWith("lambda$") ? name.split("\\$", 3)[1] : name;
  }
}
