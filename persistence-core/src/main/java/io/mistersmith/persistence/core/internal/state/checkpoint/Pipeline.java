package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes under way that must all be acknowledged by one deadline. Used by one thread.
 *
 * @param <W> the type of the writes
 */
final class Pipeline<W> {

  private record Sent<W>(W write, CompletableFuture<Revision.OfJournal> revision) {}

  private final String what;
  private final int all;
  private final Deadline deadline;
  private final List<Sent<W>> sent = new ArrayList<>();

  Pipeline(String what, int all, Deadline deadline) {
    this.what = what;
    this.all = all;
    this.deadline = deadline;
  }

  /** Sends a write, unless the deadline has passed. */
  void send(W write, Supplier<CompletableFuture<Revision.OfJournal>> call) {
    if (deadline.hasPassed()) {
      throw late(sent.size(), null);
    }
    sent.add(new Sent<>(write, call.get()));
  }

  /**
   * Waits for each, and makes it again where another writer was faster; the last of them.
   *
   * @throws PersistenceException of the first that failed
   */
  Optional<Revision.OfJournal> join(Function<W, Revision.OfJournal> again) {
    List<Revision.OfJournal> revisions = new ArrayList<>(sent.size());
    for (Sent<W> one : sent) {
      revisions.add(join(one, again, revisions.size()));
    }
    return revisions.stream().max(Comparator.naturalOrder());
  }

  private Revision.OfJournal join(Sent<W> one, Function<W, Revision.OfJournal> again, int done) {
    try {
      return one.revision().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (!Conflicts.isConflict(cause)) {
        throw cause instanceof PersistenceException typed ? typed : late(done, cause);
      }
      if (deadline.hasPassed()) {
        throw late(done, cause);
      }
      return again.apply(one.write());
    } catch (TimeoutException e) {
      throw late(done, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw late(done, e);
    }
  }

  private TransientPersistenceException late(int done, @Nullable Throwable cause) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        what
            + ": "
            + done
            + " of "
            + all
            + " writes were acknowledged before the deadline, an interruption or a failure; run it"
            + " again, it goes on where it was",
        cause);
  }
}
