package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one bucket that this process keeps in its own memory. Thread-safe.
 *
 * <p>L1 keeps only the results of loads, never written values: only the store knows when an entry
 * was written. A change drops it: an own write before its caller learns of it, another process's
 * when the watch delivers it. A change meets three cases, and each ends without an outdated entry:
 *
 * <ul>
 *   <li>No load of the key is under way. Then none is about to be kept either, a later load finds
 *       the change in the store (it asks the leader where replicas may lag), and what is kept is
 *       compared by revision and dropped.
 *   <li>A load is under way and has not been kept. The change leaves its revision with the load
 *       first, which looks for it inside the map's lock and keeps nothing older.
 *   <li>It is just being kept. The change then takes the map's lock after it, and drops it.
 * </ul>
 *
 * <p>The watch follows the shards of the owners that this process reads. Nothing is kept or
 * answered unless the watch covered its shard without interruption from before its load until now.
 * Each interruption, and each recreated stream, ends every {@link Coverage}; slots of one that has
 * ended are ignored, so that no caller has to wait until the map is cleared. A read of a shard that
 * is not covered goes to the stores, and asks the watch to cover it. The watch begins with the
 * first read; a process that only writes pays nothing for it.
 *
 * <p>A hit costs one look into the map, one read of the coverage and one of a clock that ticks with
 * the watch. Only an entry with an end of its own asks the real clock.
 *
 * @param <E> the type of the entries
 */
public final class L1<E extends Cacheable> implements AutoCloseable {

  /** Every load ends by itself before that; this is for a JVM that is stopped. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private final CacheContext around;
  private final boolean enabled;
  private final CoarseClock clock;
  private final Tallies tallies;
  private final Slots<E> slots;
  private final Shards shards;
  private final ConcurrentHashMap<StateKey, Flight<E>> flights = new ConcurrentHashMap<>();
  private volatile boolean demanded;

  /** Every change up to this one has been delivered by the watch. */
  private volatile Optional<Revision> passed = Optional.empty();

  /** The end of this process's latest step: all changes of it were noted here. */
  private volatile Optional<Revision> ownStep = Optional.empty();

  private @Nullable ChangeWatch watch;
  private boolean closed;

  /** Keeps entries of a bucket as configured; nothing at all where {@code enabled} is false. */
  public L1(CacheConfig config, boolean enabled, CacheContext around) {
    this.around = around;
    this.enabled = enabled;
    this.clock = new CoarseClock(around.ticking(), around.clock());
    this.tallies = new Tallies(config.statistics());
    this.slots = new Slots<>(config, clock, tallies, around.maxAge());
    this.shards = new Shards(clock, config.timeToLive());
    around.revisions().onRestart(this::begin);
  }

  /** Returns the kept slot of the key; null when the stores must be asked. */
  public @Nullable Slot<E> find(StateKey key) {
    Slot<E> slot = slots.get(key);
    if (slot == null) {
      return null;
    }
    if (!slot.isSurelyValid(clock.millis()) && !isValid(key, slot)) {
      return null;
    }
    tallies.hit(slot.isNegative());
    return slot;
  }

  private boolean isValid(StateKey key, Slot<E> slot) {
    long now = clock.millis();
    if (!slot.isValid(now, clock)) {
      return false;
    }
    if (slot.isUsedAgain(now)) {
      var unused = shards.use(key.agent().shard());
      if (!slot.isNegative()) {
        around.used().ifPresent(used -> used.accept(key.agent()));
      }
    }
    return true;
  }

  /**
   * Reads a key that {@link #find} did not find, and keeps what there is. A caller that arrives
   * while a load of the key is under way waits for that one, unless the key was changed since it
   * began.
   *
   * @param load asks the stores for an answer that includes every write acknowledged before
   * @param plain asks them when nothing can be kept
   */
  public Optional<E> load(StateKey key, Supplier<Optional<E>> load, Supplier<Optional<E>> plain) {
    Coverage coverage = coverage(key);
    if (coverage == null) {
      return plain.get();
    }
    Flight<E> mine = new Flight<>(coverage, false);
    tallies.missed(1);
    Flight<E> flight = board(key, mine, true);
    if (flight != mine) {
      return flight.await(key, LONGEST_WAIT);
    }
    try {
      tallies.loaded(1);
      Optional<E> found = load.get();
      landed(key, mine, found);
      return found;
    } catch (RuntimeException | Error e) {
      failed(key, mine, e);
      throw e;
    }
  }

  /** {@link #load} without waiting; no thread waits for what this one loads. */
  public CompletableFuture<Optional<E>> loadAsync(
      StateKey key,
      Supplier<CompletableFuture<Optional<E>>> load,
      Supplier<CompletableFuture<Optional<E>>> plain) {
    Coverage coverage = coverage(key);
    if (coverage == null) {
      return plain.get();
    }
    Flight<E> mine = new Flight<>(coverage, true);
    tallies.missed(1);
    Flight<E> flight = board(key, mine, false);
    if (flight != mine) {
      return flight.landing(around.executor());
    }
    try {
      tallies.loaded(1);
      return load.get()
          .whenComplete(
              (found, failure) -> {
                if (failure == null) {
                  landed(key, mine, found);
                } else {
                  failed(key, mine, failure);
                }
              });
    } catch (RuntimeException | Error e) {
      failed(key, mine, e);
      throw e;
    }
  }

  /** {@link #load} of many keys in one call; each key is in the answer. */
  public Map<StateKey, Optional<E>> loadAll(
      Collection<StateKey> missing,
      Function<Collection<StateKey>, Map<StateKey, Optional<E>>> load,
      Function<Collection<StateKey>, Map<StateKey, Optional<E>>> plain) {
    Map<StateKey, Flight<E>> flying = new HashMap<>();
    for (StateKey key : missing) {
      Coverage coverage = coverage(key);
      if (coverage != null) {
        flying.put(key, new Flight<>(coverage, false));
      }
    }
    if (flying.isEmpty()) {
      return plain.apply(missing);
    }
    tallies.missed(flying.size());
    tallies.loaded(flying.size());
    Map<StateKey, Flight<E>> mine = new HashMap<>();
    flying.forEach(
        (key, flight) -> {
          if (board(key, flight, true) == flight) {
            mine.put(key, flight);
          }
        });
    try {
      Map<StateKey, Optional<E>> found = load.apply(missing);
      mine.forEach(
          (key, flight) -> {
            Optional<E> entry = found.getOrDefault(key, Optional.empty());
            landed(key, flight, entry);
          });
      return found;
    } catch (RuntimeException | Error e) {
      mine.forEach((key, flight) -> failed(key, flight, e));
      throw e;
    }
  }

  /** Returns the coverage of the key; null when an entry that is loaded now cannot be kept. */
  private @Nullable Coverage coverage(StateKey key) {
    if (!enabled) {
      return null;
    }
    Coverage coverage = shards.use(key.agent().shard());
    if (coverage == null) {
      tallies.bypassed(1);
      if (!demanded) {
        startWatch();
      }
    }
    return coverage;
  }

  private Flight<E> board(StateKey key, Flight<E> mine, boolean waiting) {
    return flights.merge(
        key,
        mine,
        (present, another) -> {
          if (present.takes(another.coverage(), waiting)) {
            return present;
          }
          // Changes are passed to the one in the map alone, so this one must not be kept any more.
          present.spoil();
          return another;
        });
  }

  /** Keeps the result and ends the load, even when keeping fails: no caller is left waiting. */
  private void landed(StateKey key, Flight<E> mine, Optional<E> found) {
    try {
      keep(key, mine, found);
    } finally {
      flights.remove(key, mine);
      mine.land(found);
    }
  }

  private void failed(StateKey key, Flight<E> mine, Throwable failure) {
    tallies.loadFailed(1);
    flights.remove(key, mine);
    mine.fail(failure);
  }

  private void keep(StateKey key, Flight<E> flight, Optional<E> found) {
    Optional<Revision> floor = found.isEmpty() ? Optional.empty() : around.floor().apply(key);
    if (floor.isEmpty() || !floor.get().isAfter(found.get().revision())) {
      slots.keep(key, flight, found);
    }
  }

  /** Call this when a write of this revision was acknowledged or noticed. */
  public void changed(StateKey key, Revision revision) {
    if (!shards.isCovered(key.agent().shard())) {
      return;
    }
    Flight<E> flight = flights.get(key);
    if (flight != null) {
      flight.overtake(revision);
      slots.dropIf(key, slot -> slot.isBefore(revision));
    } else {
      slots.drop(key, revision);
    }
  }

  /** Call this when a write failed: the content of the key is then unknown. */
  public void forget(StateKey key) {
    if (!shards.isCovered(key.agent().shard())) {
      return;
    }
    Flight<E> flight = flights.get(key);
    if (flight != null) {
      flight.spoil();
    }
    slots.dropIf(key, slot -> true);
  }

  /**
   * Call this when a read or a watch met an entry of a step that ends with {@code last}. While the
   * watch has not delivered all of the step, other entries of it that are kept may be from before:
   * nothing of the owner's shard is answered from memory any more.
   */
  public void metStep(StateKey key, Revision last) {
    int shard = key.agent().shard();
    boolean isNoted = ownStep.filter(last::equals).isPresent();
    if (shards.isCovered(shard)
        && !isNoted
        && passed.filter(through -> !last.isAfter(through)).isEmpty()) {
      shards.renew(shard);
    }
  }

  /** Call this when {@link #changed} was called for all entries of a step of this process. */
  public void wroteStep(Revision last) {
    ownStep = Optional.of(last);
  }

  /** Whether this slot, which {@link #find} returned, could still be returned. */
  public boolean isCurrent(StateKey key, Slot<E> slot) {
    return slots.get(key) == slot && slot.isValid(clock.millis(), clock);
  }

  /** Call this when all entries of an owner were removed. */
  public void forgetOwner(AgentId agent) {
    flights.forEach(
        (key, flight) -> {
          if (key.agent().equals(agent)) {
            flight.spoil();
          }
        });
    slots.dropOwner(agent);
  }

  /** Returns the figures of this cache; empty where nothing is kept. */
  public Optional<CacheStats> stats() {
    if (!enabled) {
      return Optional.empty();
    }
    return Optional.of(slots.stats(shards.isAnyCovered()));
  }

  /** From now on nothing is answered that was loaded before of the owner's shard. */
  public void renew(AgentId owner) {
    shards.renew(owner.shard());
  }

  /** Drops all that is kept, or about to be: it may be outdated. */
  public void begin() {
    shards.renew();
    slots.clear();
  }

  private synchronized void startWatch() {
    if (!closed && watch == null) {
      ChangeWatch begun =
          new ChangeWatch(around.bucket(), around.services(), shards, new Following());
      begun.start();
      watch = begun;
      demanded = true;
    }
  }

  @Override
  public void close() {
    ChangeWatch running;
    synchronized (this) {
      closed = true;
      running = watch;
    }
    if (running != null) {
      running.close();
    }
  }

  private final class Following implements ChangeWatch.Listener {

    @Override
    public void interrupted() {
      slots.clear();
    }

    @Override
    public void passed(long sequence) {
      passed = // an empty stream has no revision
          sequence == 0 ? Optional.empty() : Optional.of(around.revisions().of(sequence));
    }

    @Override
    public void changed(JournalEntry entry) {
      entry
          .key()
          .ifPresent(
              key ->
                  L1.this.changed(
                      key,
                      entry
                          .metadata()
                          .hydrated()
                          .orElseGet(() -> around.revisions().of(entry.sequence()))));
    }

    @Override
    public void ticked() {
      clock.tick();
    }
  }
}
