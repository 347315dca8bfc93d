package io.mistersmith.persistence.core.internal.query;

import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.core.internal.resilience.Reachability;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * a random name which every kept result bears; a load that began under the old one stores what
 * nobody reads. Markers and generations live for the bucket's maximum age, so a result that was
 * stored more than half of it after its loading began counts for nothing, be it that the source was
 * slow or that the process stood still. Generations are named at random and not counted, because
 * the bucket is in memory: after a restart of the server a number would come back.
 *
 * <p>All reads ask the leader: a replica may not know yet what was invalidated.
 */
public final class ResultBucket {

  private static final Logger LOG = LoggerFactory.getLogger(ResultBucket.class);
  private static final int ATTEMPTS = 5;
  private static final byte[] NO_VALUE = {};

  private final Supplier<HotBucket> opening;
  private final Clock clock;
  private final Reachability reachability;
  private volatile boolean used;
  private volatile Duration maxAge = Duration.ZERO;

  /**
   * Kept results in the bucket that {@code opening} gives, made if it does not exist.
   *
   * @param clock the clock of its server
   */
  public ResultBucket(Supplier<HotBucket> opening, Clock clock) {
    this.opening = opening;
    this.clock = clock;
    this.reachability =
        new Reachability(
            "the bucket of kept results", "queries go to their sources until it does", clock);
  }

  Instant now() {
    return clock.instant();
  }

  /** What is kept of a result. Nothing while the bucket does not answer. */
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
    Map<StateKey, HotEntry> entries = bucket().getAll(List.of(generationKey, key), ReadFrom.LEADER);
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
                    KeptResult.decode(live.value())
                        .filter(result -> name.equals(Optional.of(result.generation())))
                        .filter(result -> result.parameters().equals(parameters))
                        .filter(result -> !isTooLong(result.began(), live.time())));
    return new View(
        name,
        generation.filter(this::isAgeing).isPresent(),
        generation.map(HotEntry::sequence).orElse(HotBucket.NONE),
        kept,
        entry.map(HotEntry::sequence).orElse(HotBucket.NONE));
  }

  /**
   * What to load on: the generation in force, or a new one where there is none. Nothing while the
   * bucket does not answer, or where others are faster again and again.
   */
  Optional<Footing> footing(QueryKeys keys, String parameters, View first) {
    View view = first;
    try {
      for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        if (view.generation().isPresent() && !view.ageing()) {
          return Optional.of(new Footing(view.generation().get(), view.place()));
        }
        String name = view.generation().orElseGet(ResultBucket::newGeneration);
        if (publish(keys.generation(), bytes(name), view.generationPlace(), Optional.empty())) {
          return Optional.of(new Footing(name, view.place()));
        }
        view = read(keys, parameters);
      }
    } catch (PersistenceException e) {
      reachability.failed(e);
    }
    return Optional.empty();
  }

  /** Keeps a result unless something was invalidated since its loading began on this footing. */
  boolean keep(StateKey key, KeptResult result, Footing footing, Optional<Duration> timeToLive) {
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
      return publish(key, result.encode(), footing.place(), expiresAt);
    } catch (PersistenceException e) {
      if (e.error() == DataError.VALUE_TOO_LARGE || e.error() == DataError.STORE_FULL) {
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
      long unused = bucket().publish(key, operation, value, EntryMetadata.NONE, HotBucket.ANY);
      reachability.answered();
    } catch (PersistenceException e) {
      reachability.failed(e);
      throw e;
    }
  }

  /** Learns what was changed of the bucket, unless no query was cached yet. */
  public void lookIfUsed() {
    if (used) {
      var unused = opening.get().state();
    }
  }

  /** After an outage the bucket may be gone, with the memory of the server. */
  private HotBucket bucket() {
    HotBucket bucket = opening.get();
    used = true;
    maxAge = bucket.maxAge();
    if (reachability.isDown()) {
      var unused = bucket.state(); // makes it again
    }
    return bucket;
  }

  /** False when another message came in between. */
  private boolean publish(StateKey key, byte[] value, long place, Optional<Instant> expiresAt) {
    EntryMetadata metadata =
        new EntryMetadata(Optional.empty(), expiresAt, Optional.of(UUID.randomUUID().toString()));
    try {
      long unused = bucket().publish(key, Operation.PUT, value, metadata, place);
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
