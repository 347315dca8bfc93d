package io.mistersmith.persistence.core.internal.query;

import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.QueryCache;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The results of one query in the bucket, and the loads of this process that are under way.
 *
 * @param <T> the type of the results
 */
public final class BucketQueryCache<T> implements QueryCache<T> {

  private static final Logger LOG = LoggerFactory.getLogger(BucketQueryCache.class);

  private final QueryKeys keys;
  private final KeyedCodec<T> codec;
  private final ResultBucket results;
  private final Duration patience;
  private final Optional<Duration> timeToLive;
  private final ConcurrentHashMap<StateKey, Load<T>> loading;
  private final Counters counters;

  /**
   * The cache of the query with this name.
   *
   * @param patience how long a caller waits for another one's load before it loads itself
   */
  public BucketQueryCache(
      String query, JsonCodec<T> codec, ResultBucket results, Duration patience) {
    this(
        new QueryKeys(query),
        new KeyedCodec<>(codec, Sealing.NONE), // the bucket encrypts results with their line
        results,
        patience,
        Optional.empty(),
        new ConcurrentHashMap<>(),
        new Counters());
    StateKey unused = keys.generation(); // refuses a name that is no text
  }

  private BucketQueryCache(
      QueryKeys keys,
      KeyedCodec<T> codec,
      ResultBucket results,
      Duration patience,
      Optional<Duration> timeToLive,
      ConcurrentHashMap<StateKey, Load<T>> loading,
      Counters counters) {
    this.keys = keys;
    this.codec = codec;
    this.results = results;
    this.patience = patience;
    this.timeToLive = timeToLive;
    this.loading = loading;
    this.counters = counters;
  }

  private static final class Counters {
    private final LongAdder hits = new LongAdder();
    private final LongAdder loads = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder shared = new LongAdder();
    private final LongAdder bypassed = new LongAdder();
    private final LongAdder notKept = new LongAdder();
    private final LongAdder invalidations = new LongAdder();
  }

  @Override
  public Optional<T> find(String parameters, Supplier<Optional<T>> source) {
    Optional<View> seen = results.look(keys, parameters);
    Optional<Optional<T>> hit = seen.flatMap(view -> hit(parameters, view));
    if (hit.isPresent()) {
      return hit.get();
    }
    StateKey key = keys.result(parameters);
    Load<T> mine = new Load<>();
    Load<T> others = loading.putIfAbsent(key, mine);
    if (others == null) {
      return lead(key, parameters, source, mine);
    }
    Optional<Optional<T>> shared = others.isMine() ? Optional.empty() : await(others, seen);
    return shared.isPresent() ? shared.get() : lookAndLoad(key, parameters, source, mine);
  }

  private Optional<T> lead(
      StateKey key, String parameters, Supplier<Optional<T>> source, Load<T> mine) {
    try {
      Optional<T> result = lookAndLoad(key, parameters, source, mine);
      mine.result().complete(result);
      return result;
    } catch (RuntimeException | Error e) {
      mine.result().completeExceptionally(e);
      throw e;
    } finally {
      loading.remove(key, mine);
    }
  }

  /** Waits for the result that another caller loads; empty when this caller must load it itself. */
  private Optional<Optional<T>> await(Load<T> others, Optional<View> seen) {
    try {
      Optional<T> result = others.result().get(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (!others.serves(seen)) {
        return Optional.empty();
      }
      counters.shared.increment();
      return Optional.of(result);
    } catch (ExecutionException e) {
      if (!others.serves(seen)) {
        return Optional.empty();
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new CompletionException(e.getCause());
    } catch (TimeoutException e) {
      LOG.info("{}: another caller is loading it since {}; loading it, too", keys, patience);
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /**
   * Looks into the bucket again, since another caller may just have kept the result, and loads it
   * if not.
   */
  private Optional<T> lookAndLoad(
      StateKey key, String parameters, Supplier<Optional<T>> source, Load<T> mine) {
    Optional<View> view = results.look(keys, parameters);
    Optional<Optional<T>> hit = view.flatMap(found -> hit(parameters, found));
    if (hit.isPresent()) {
      view.flatMap(View::basis).ifPresent(mine::beginsOn);
      return hit.get();
    }
    Optional<LoadBasis> basis = view.flatMap(found -> results.basis(keys, parameters, found));
    if (basis.isEmpty()) {
      counters.bypassed.increment();
      return load(source);
    }
    mine.beginsOn(basis.get());
    Instant began = results.now();
    Optional<T> result = load(source);
    if (!keep(key, parameters, basis.get(), began, result)) {
      counters.notKept.increment();
    }
    return result;
  }

  private boolean keep(
      StateKey key, String parameters, LoadBasis basis, Instant began, Optional<T> result) {
    Optional<byte[]> json;
    try {
      json = result.map(value -> codec.encode(key, value));
    } catch (NonTransientPersistenceException e) {
      LOG.warn("a result is not kept, and each call loads it: {}", e.getMessage());
      return false;
    }
    KeptResult kept = new KeptResult(basis.generation(), parameters, began, json);
    return results.keep(key, kept, basis, timeToLive);
  }

  private Optional<Optional<T>> hit(String parameters, View view) {
    if (view.kept().isEmpty()) {
      return Optional.empty();
    }
    try {
      StateKey key = keys.result(parameters);
      Optional<T> result = view.kept().get().result().map(json -> codec.decode(key, json));
      counters.hits.increment();
      return Optional.of(result);
    } catch (NonTransientPersistenceException e) {
      LOG.info("a kept result does not map to the present type, it is loaded: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<T> load(Supplier<Optional<T>> source) {
    try {
      Optional<T> result = source.get();
      counters.loads.increment();
      return result;
    } catch (RuntimeException | Error e) {
      counters.failures.increment();
      throw e;
    }
  }

  /** Invalidates the result. Later callers do not join a load that is under way. */
  @Override
  public void invalidate(String parameters) {
    StateKey key = keys.result(parameters);
    try {
      results.invalidate(key);
      counters.invalidations.increment();
    } finally {
      var unused = loading.remove(key);
    }
  }

  @Override
  public void invalidateAll() {
    try {
      results.invalidateAll(keys);
      counters.invalidations.increment();
    } finally {
      loading.clear();
    }
  }

  @Override
  public QueryCache<T> withTimeToLive(Duration newTimeToLive) {
    if (newTimeToLive.isNegative() || newTimeToLive.isZero()) {
      throw new IllegalArgumentException(
          "timeToLive is " + newTimeToLive + "; give a time above zero");
    }
    return new BucketQueryCache<>(
        keys, codec, results, patience, Optional.of(newTimeToLive), loading, counters);
  }

  @Override
  public QueryCache.Stats stats() {
    return new QueryCache.Stats(
        counters.hits.sum(),
        counters.loads.sum(),
        counters.failures.sum(),
        counters.shared.sum(),
        counters.bypassed.sum(),
        counters.notKept.sum(),
        counters.invalidations.sum());
  }
}
