package io.mistersmith.persistence.core.internal.query;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Reachability;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bucket of kept results, shared by the caches of one process. Thread-safe.
 *
 * <p>Whatever invalidates leaves something that a load under way must meet. One result is
 * invalidated by a marker, also where there was nothing: a load stores its result only after the
 * message that was there when it began. All results of a query are invalidated by a new generation,
 * a random name that every kept result carries; a load that began under the old one stores a result
 * that no reader accepts. Markers and generations live for the bucket's maximum age, so a result
 * that was stored more than half of it after its loading began is ignored, whether the source was
 * slow or the process was paused. Generations are named at random and not counted, because the
 * bucket is in memory: after a restart of the server a number would come back.
 *
 * <p>All reads ask the leader: a replica may not know yet what was invalidated.
 */
public final class ResultBucket {

  private static final Logger LOG = LoggerFactory.getLogger(ResultBucket.class);
  private static final int ATTEMPTS = 5;
  private static final byte[] NO_VALUE = {};

  /** Failures that say nothing of whether the bucket answers. */
  private static final Set<DataError> NOT_KEPT =
      Set.of(
          DataError.VALUE_TOO_LARGE,
          DataError.STORE_FULL,
          DataError.KEY_UNAVAILABLE,
          DataError.UNREADABLE);

  private final Supplier<HotBucket> opening;
  private final Clock clock;
  private final Sealing sealing;
  private final Reachability reachability;
  private volatile Duration maxAge = Duration.ZERO;

  /**
   * Kept results in the bucket that {@code opening} gives, made if it does not exist.
   *
   * @param clock the clock of its server
   * @param sealing encrypts them
   */
  public ResultBucket(Supplier<HotBucket> opening, Clock clock, Sealing sealing) {
    this.sealing = sealing;
    this.opening = opening;
    this.clock = clock;
    this.reachability =
        new Reachability(
            "the bucket of kept results", "queries go to their sources until it does", clock);
  }

  Instant now() {
    return clock.instant();
  }

  /** Returns the bucket's view of a result; empty while the bucket does not answer. */
  Optional<View> look(QueryKeys keys, String parameters) {
    if (!reachability.mayAsk()) {
      return Optional.empty();
    }
    try {
      View view = read(keys, parameters);
      reachability.answered();
      return Optional.of(view);
    } catch (PersistenceException e) {
      reachability.failed(e);
      return Optional.empty();
    }
  }

  private View read(QueryKeys keys, String parameters) {
    StateKey generationKey = keys.generation();
    StateKey key = keys.result(parameters);
    Map<StateKey, HotEntry> entries =
        bucket().reads().getAll(List.of(generationKey, key), ReadFrom.LEADER);
    Optional<HotEntry> generation = Optional.ofNullable(entries.get(generationKey));
    Optional<HotEntry> entry = Optional.ofNullable(entries.get(key));
    Optional<String> name =
        generation
            .filter(this::isLive)
            .map(live -> new String(live.value(), StandardCharsets.UTF_8));
    Optional<KeptResult> kept =
        entry
            .filter(this::isLive)
            .flatMap(
                live ->
                    result(live)
                        .filter(result -> name.equals(Optional.of(result.generation())))
                        .filter(result -> result.parameters().equals(parameters))
                        .filter(result -> !isTooLong(result.began(), live.time())));
    return new View(
        name,
        generation.filter(this::isAgeing).isPresent(),
        generation.map(HotEntry::sequence).orElse(HotWrites.NONE),
        kept,
        entry.map(HotEntry::sequence).orElse(HotWrites.NONE));
  }

  /** Returns the result; empty where it cannot be read, so that the query is run. */
  private Optional<KeptResult> result(HotEntry entry) {
    try {
      return KeptResult.decode(sealing.open(entry.key(), entry.value()));
    } catch (PersistenceException e) {
      LOG.debug("a kept result cannot be read: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Returns the basis of a load: the generation in force, or a new one if there is none. Empty
   * while the bucket does not answer, or when other writers were faster at every attempt.
   */
  Optional<LoadBasis> basis(QueryKeys keys, String parameters, View first) {
    View view = first;
    try {
      for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        if (view.generation().isPresent() && !view.ageing()) {
          return Optional.of(new LoadBasis(view.generation().get(), view.place()));
        }
        String name = view.generation().orElseGet(ResultBucket::newGeneration);
        if (publish(keys.generation(), bytes(name), view.generationPlace(), Optional.empty())) {
          return Optional.of(new LoadBasis(name, view.place()));
        }
        view = read(keys, parameters);
      }
    } catch (PersistenceException e) {
      reachability.failed(e);
    }
    return Optional.empty();
  }

  /** Keeps a result unless it was invalidated since its loading began on this basis. */
  boolean keep(StateKey key, KeptResult result, LoadBasis basis, Optional<Duration> timeToLive) {
    Instant now = now();
    if (isTooLong(result.began(), now)) {
      LOG.info(
          "query {}: a result is not kept, its loading took over half of the bucket's maxAge of {}",
          key.agent(),
          maxAge);
      return false;
    }
    Optional<Instant> expiresAt =
        timeToLive.filter(ttl -> maxAge.isZero() || ttl.compareTo(maxAge) < 0).map(now::plus);
    try {
      return publish(key, sealing.seal(key, result.encode()), basis.place(), expiresAt);
    } catch (PersistenceException e) {
      if (NOT_KEPT.contains(e.error())) {
        LOG.info("query {}: a result is not kept: {}", key.agent(), e.getMessage());
      } else {
        reachability.failed(e);
      }
      return false;
    }
  }

  /** Leaves a marker that a load under way must meet. */
  void invalidate(StateKey key) {
    replace(key, Operation.DELETE, NO_VALUE);
  }

  /** Begins a new generation. */
  void invalidateAll(QueryKeys keys) {
    replace(keys.generation(), Operation.PUT, bytes(newGeneration()));
  }

  private void replace(StateKey key, Operation operation, byte[] value) {
    try {
      long unused =
          bucket().writes().publish(key, operation, value, EntryMetadata.NONE, HotWrites.ANY);
      reachability.answered();
    } catch (PersistenceException e) {
      reachability.failed(e);
      throw e;
    }
  }

  /** After an outage the bucket may be gone, with the memory of the server. */
  private HotBucket bucket() {
    HotBucket bucket = opening.get();
    maxAge = bucket.reads().maxAge();
    if (reachability.isDown()) {
      var unused = bucket.journal().state(); // makes it again
    }
    return bucket;
  }

  /** False when another message came in between. */
  private boolean publish(StateKey key, byte[] value, long place, Optional<Instant> expiresAt) {
    EntryMetadata metadata =
        new EntryMetadata(Optional.empty(), expiresAt, Optional.of(UUID.randomUUID().toString()));
    try {
      long unused = bucket().writes().publish(key, Operation.PUT, value, metadata, place);
      return true;
    } catch (PersistenceException e) {
      if (Conflicts.isConflict(e)) {
        return false;
      }
      throw e;
    }
  }

  private boolean isLive(HotEntry entry) {
    return entry.operation() == Operation.PUT
        && entry.metadata().expiresAt().map(end -> end.isAfter(now())).orElse(true);
  }

  private boolean isAgeing(HotEntry entry) {
    return isTooLong(entry.time(), now());
  }

  private boolean isTooLong(Instant from, Instant until) {
    return !maxAge.isZero() && Duration.between(from, until).compareTo(maxAge.dividedBy(2)) > 0;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String newGeneration() {
    return UUID.randomUUID().toString();
  }
}
