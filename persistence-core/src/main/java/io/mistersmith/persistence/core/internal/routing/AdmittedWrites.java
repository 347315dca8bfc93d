package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Makes writes that are let in, counts them while they are under way, and waits for their commit
 * where backpressure asks for that. Thread-safe.
 */
record AdmittedWrites(WritesUnderWay underWay, Admission admission) {

  Revision run(StateKey key, Supplier<Revision> write) {
    return underWay.run(
        key,
        () -> {
          boolean held = admission.enter(key);
          Revision revision = write.get();
          return held ? committed(key, revision) : revision;
        });
  }

  /** {@link #run}; waits only where a commit must be waited for. */
  CompletableFuture<Revision> runAsync(StateKey key, Supplier<CompletableFuture<Revision>> write) {
    return underWay.runAsync(
        key,
        () -> {
          boolean held = admission.enter(key);
          CompletableFuture<Revision> written = write.get();
          return held ? CompletableFuture.completedFuture(committed(key, written.join())) : written;
        });
  }

  private Revision committed(StateKey key, Revision revision) {
    admission.awaitCommit(key, revision);
    return revision;
  }
}
