package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * Chooses where a read that may be old runs: on the replicas that are read from, in turn, and on
 * the primary where there is none, where the chosen one fails, or where it does not replay this
 * runtime's own commits soon. Thread-safe.
 */
final class Replicas {

  /**
   * How long a read waits for a replica to replay this runtime's own commits, rather than ask the
   * primary.
   */
  private static final Duration PATIENCE = Duration.ofMillis(100);

  private static final Duration FIRST_PAUSE = Duration.ofNanos(200_000);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(2);

  private static final String REPLAYED =
      "SELECT (coalesce(pg_last_wal_replay_lsn(), '0/0'::pg_lsn) - '0/0'::pg_lsn)::bigint";

  private final Database primary;
  private final Map<Replica, Database> routes;
  private final OwnCommits commits;
  private final Runnable failed;
  private final AtomicInteger turns = new AtomicInteger();

  /**
   * Chooses among the replicas.
   *
   * @param routes where the statements of each run
   * @param failed runs when a replica failed
   */
  Replicas(Database primary, Map<Replica, Database> routes, OwnCommits commits, Runnable failed) {
    this.primary = primary;
    this.routes = routes;
    this.commits = commits;
    this.failed = failed;
  }

  /** Returns where the primary is. */
  WalPosition primaryPosition() {
    String what = "ask the primary for its position";
    ServerSight sight = primary.read(what, ServerSight::of);
    if (sight.standby()) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, what + ": the server is a standby at present; try again");
    }
    return sight.position();
  }

  /** Lets the replicas that are read from have this position. */
  void observe(WalPosition position) {
    commits.observe(position);
  }

  /**
   * Makes a call that only reads, and that may be made a second time, on the primary.
   *
   * @param call runs its statements on the database that it is given
   */
  <T> T read(Function<Database, T> call) {
    Optional<Replica> chosen = next();
    if (chosen.isEmpty()) {
      return call.apply(primary);
    }
    Replica replica = chosen.get();
    Database database = Objects.requireNonNull(routes.get(replica));
    Optional<WalPosition> own = commits.position(this::primaryPosition);
    PersistenceException failure;
    try {
      T result = call.apply(database.around(new Visit(replica, own)));
      replica.answered();
      return result;
    } catch (BehindException e) {
      replica.passedOn();
      return call.apply(primary);
    } catch (PersistenceException e) {
      if (e.error() == DataError.CLOSED || PostgresFailures.isStatementTimeout(e)) {
        throw e;
      }
      failure = e;
    }
    failed.run();
    replica.passedOn();
    try {
      return call.apply(primary);
    } catch (PersistenceException e) {
      e.addSuppressed(failure);
      throw e;
    }
  }

  private Optional<Replica> next() {
    List<Replica> read = routes.keySet().stream().filter(Replica::isRead).toList();
    return read.isEmpty()
        ? Optional.empty()
        : Optional.of(read.get(Math.floorMod(turns.getAndIncrement(), read.size())));
  }

  /** The replica has not replayed what this runtime committed. */
  private static final class BehindException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BehindException() {
      super("the replica has not replayed this runtime's own commits", null, false, false);
    }
  }

  /**
   * A use of a connection to a replica. It asks in the same session that reads: a replica that was
   * restarted may begin at an earlier position than it was at before.
   */
  private record Visit(Replica replica, Optional<WalPosition> own) implements Database.Around {

    @Override
    public <T> T run(Handle handle, Function<Handle, T> work) {
      replica.use(handle.getConnection());
      try {
        if (own.isPresent()) {
          awaitReplay(handle, own.get());
        }
        return work.apply(handle);
      } finally {
        replica.release(handle.getConnection());
      }
    }

    private void awaitReplay(Handle handle, WalPosition position) {
      if (!replica.isOnTimelineOf(position)) {
        throw new ThrownByWorkException(new BehindException());
      }
      Deadline deadline = Deadline.after(PATIENCE);
      Backoff pauses = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
      while (handle.createQuery(REPLAYED).mapTo(Long.class).one() < position.lsn()) {
        if (deadline.hasPassed()) {
          throw new ThrownByWorkException(new BehindException());
        }
        LockSupport.parkNanos(pauses.next().toNanos());
      }
    }
  }
}
