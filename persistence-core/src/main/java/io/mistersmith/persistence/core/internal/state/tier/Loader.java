package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Reads the live entries of keys that are not kept in this process's memory, and keeps them there:
 * from the tiers, or from PostgreSQL alone where the bucket does not answer. The latter's answers
 * are not kept. Thread-safe.
 */
public final class Loader {

  private final Tiers tiers;
  private final TieredReader reader;
  private final RowReader rows;

  Loader(Tiers tiers, TieredReader reader) {
    this.tiers = tiers;
    this.reader = reader;
    this.rows = new RowReader(tiers);
  }

  /** Returns the live entry of a key. */
  public Optional<Entry> load(StateKey key) {
    Instant asked = tiers.clock().instant();
    try {
      return tiers.l1().load(key, () -> reader.readToKeep(key), () -> reader.read(key));
    } catch (TransientPersistenceException e) {
      if (!rows.canAnswer(e)) {
        throw e;
      }
      return rows.read(key, asked, e);
    }
  }

  /** {@link #load} without waiting. */
  public CompletableFuture<Optional<Entry>> loadAsync(StateKey key) {
    Instant asked = tiers.clock().instant();
    return tiers
        .l1()
        .loadAsync(key, () -> reader.readToKeepAsync(key), () -> reader.readAsync(key))
        .exceptionallyCompose(
            failure ->
                rows.canAnswer(failure)
                    ? CompletableFuture.supplyAsync(
                        () -> rows.read(key, asked, failure), tiers.executor())
                    : CompletableFuture.failedFuture(Failures.cause(failure)));
  }

  /** {@link #load} of many keys; each has a result. */
  public Map<StateKey, DataResult<Optional<Entry>>> loadAll(Collection<StateKey> keys) {
    Instant asked = tiers.clock().instant();
    Map<StateKey, DataResult<Optional<Entry>>> results = new LinkedHashMap<>();
    try {
      tiers
          .l1()
          .loadAll(keys, reader::readAllToKeep, reader::readAll)
          .forEach((key, entry) -> results.put(key, DataResult.success(entry)));
    } catch (PersistenceException e) {
      if (rows.canAnswer(e)) {
        return rows.readAll(keys, asked, e);
      }
      keys.forEach(key -> results.put(key, DataResult.failure(e)));
    }
    return results;
  }
}
