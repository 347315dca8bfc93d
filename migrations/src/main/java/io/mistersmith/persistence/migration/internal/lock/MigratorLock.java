package io.mistersmith.persistence.migration.internal.lock;

import io.mistersmith.persistence.migration.internal.jdbc.Backoff;
import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to change the database, while it is held: the {@link AdvisoryLock}, and a row in
 * migrations.locks from which people can read who has it. The row is renewed while the migrator
 * lives, and means nothing to other migrators.
 */
public final class MigratorLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MigratorLock.class);

  private static final int RENEW_SECONDS = 10;
  private static final int EXPIRE_SECONDS = 60;

  private final AdvisoryLock lock;
  private final Duration waited;
  private final ScheduledExecutorService heartbeat =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "migration-heartbeat");
            thread.setDaemon(true);
            return thread;
          });
  private Optional<ScheduledFuture<?>> renewal = Optional.empty();

  private MigratorLock(AdvisoryLock lock, Duration waited) {
    this.lock = lock;
    this.waited = waited;
  }

  /** The result of the wait. */
  public sealed interface Turn<T> {}

  /**
   * The lock is held.
   *
   * @param lock to be closed
   */
  public record Held<T>(MigratorLock lock) implements Turn<T> {}

  /**
   * There is nothing left to do.
   *
   * @param result what somebody else did
   * @param waited how long that took
   */
  public record NotNeeded<T>(T result, Duration waited) implements Turn<T> {}

  /** Waits for the lock. */
  public static MigratorLock await(DataSource dataSource, RunnerSettings settings) {
    Turn<Boolean> turn = await(dataSource, settings, Optional::<Boolean>empty);
    if (turn instanceof Held<Boolean> held) {
      return held.lock();
    }
    throw new IllegalStateException("a lock that is always needed was found not to be");
  }

  /**
   * Waits for the lock, or until it is not needed any more, which is asked before each try.
   *
   * @throws MigrationException when somebody else has it for too long
   */
  public static <T> Turn<T> await(
      DataSource dataSource, RunnerSettings settings, Supplier<Optional<T>> done) {
    long start = System.nanoTime();
    Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    while (true) {
      Optional<T> result = done.get();
      if (result.isPresent()) {
        return new NotNeeded<>(result.get(), since(start));
      }
      Optional<AdvisoryLock> lock = tryLock(dataSource, settings, start);
      if (lock.isPresent()) {
        return new Held<>(new MigratorLock(lock.get(), since(start)));
      }
      backoff.pause("another migrator");
    }
  }

  private static Optional<AdvisoryLock> tryLock(
      DataSource dataSource, RunnerSettings settings, long start) {
    try {
      Optional<AdvisoryLock> lock = AdvisoryLock.tryAcquire(dataSource);
      if (lock.isEmpty() && since(start).compareTo(settings.lockWait()) >= 0) {
        throw new MigrationException(
            Kind.LOCKED,
            "The migration lock is held by %s and was not given back within %s; wait for it to"
                    .formatted(AdvisoryLock.describeHolder(dataSource), settings.lockWait())
                + " finish, or end it with pg_terminate_backend");
      }
      return lock;
    } catch (SQLException e) {
      throw SqlStates.failure("Could not take the migration lock", e);
    }
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** How long it took to get. */
  public Duration waited() {
    return waited;
  }

  /** Tells people, from now to the end; the runner's tables must be there. */
  public void announce() {
    try {
      lock.renew(EXPIRE_SECONDS);
    } catch (SQLException e) {
      throw SqlStates.failure("Could not note in migrations.locks who migrates", e);
    }
    renewal =
        Optional.of(
            heartbeat.scheduleAtFixedRate(
                this::renew, RENEW_SECONDS, RENEW_SECONDS, TimeUnit.SECONDS));
  }

  private void renew() {
    try {
      lock.renew(EXPIRE_SECONDS);
    } catch (SQLException e) {
      LOG.warn(
          "Could not renew this migrator's row in migrations.locks: {}", SqlStates.describe(e));
    }
  }

  /**
   * Checks that the lock is still held.
   *
   * @param next what is about to be done, for the message
   */
  public void check(String next) {
    try {
      if (!lock.isHeld()) {
        throw new MigrationException(
            Kind.DATABASE_UNAVAILABLE,
            "The migration lock was lost before script "
                + next
                + ": try again, and not through a proxy that shares sessions, such as PgBouncer in"
                + " transaction mode");
      }
    } catch (SQLException e) {
      throw SqlStates.failure("Could not check the migration lock", e);
    }
  }

  @Override
  public void close() {
    heartbeat.shutdownNow();
    if (renewal.isPresent()) {
      renewal.get().cancel(true);
      try {
        lock.forget();
      } catch (SQLException e) {
        LOG.debug("This migrator's row in migrations.locks stays: {}", SqlStates.describe(e));
      }
    }
    lock.close();
  }
}
