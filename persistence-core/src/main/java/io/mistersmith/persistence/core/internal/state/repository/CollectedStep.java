package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.StepPart;
import io.mistersmith.persistence.core.internal.state.tier.StepWrite;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects the writes of a step as entries to be published, and publishes them together. */
public final class CollectedStep implements Step {

  /** More nodes than write one entry at a time; a clock longer than this is pruned. */
  private static final int CLOCK_LIMIT = 32;

  private static final byte[] NO_VALUE = {};

  private final Function<DataType, Target> targets;
  private final HybridClock clock;
  private final long maxBytes;
  private final Map<StateKey, StepWrite> writes = new LinkedHashMap<>();
  private final Map<StateKey, StepPart> parts = new LinkedHashMap<>();
  private @Nullable AgentId owner;
  private @Nullable DataType dataType;
  private @Nullable Target target;
  private boolean durable;
  private boolean committed;

  /**
   * The stores of one type of data.
   *
   * @param store its entries
   * @param commits waits for PostgreSQL
   */
  public record Target(TieredStore store, Commits commits) {}

  /**
   * An empty step.
   *
   * @param targets the stores of a type of data; fails for one that has no entries
   * @param maxBytes the most bytes of its values together
   */
  public CollectedStep(Function<DataType, Target> targets, HybridClock clock, long maxBytes) {
    this.targets = targets;
    this.clock = clock;
    this.maxBytes = maxBytes;
  }

  @Override
  public <T> Step save(StateType<T> type, StateKey named, T value, SaveOptions options) {
    TieredStore store = store(type, named);
    StateKey key = new KeySpace(type.name()).own(named);
    Optional<Duration> own = options.timeToLive();
    Optional<Instant> expiresAt =
        store.tiers().lifetimes().after(own.isPresent() ? own : type.timeToLive());
    byte[] json = store.tiers().keyed(Json.codec(type)).encode(key, value);
    boolean waits = options.durability() == Durability.SQL_COMMITTED;
    if (waits) {
      target(type).commits().checkPossible(key);
    }
    add(
        new StepWrite(
            key,
            Operation.PUT,
            json,
            checked(type, key, options.expected()),
            expiresAt,
            provenance(type, options.seen())));
    durable |= waits;
    return this;
  }

  @Override
  public Step delete(StateType<?> type, StateKey key) {
    return delete(type, key, new Expected.Anything());
  }

  @Override
  public Step delete(StateType<?> type, StateKey key, Revision expected) {
    return delete(type, key, new Expected.At(expected));
  }

  private Step delete(StateType<?> type, StateKey named, Expected expected) {
    TieredStore unused = store(type, named);
    StateKey key = new KeySpace(type.name()).own(named);
    add(
        new StepWrite(
            key,
            Operation.DELETE,
            NO_VALUE,
            checked(type, key, expected),
            Optional.empty(),
            provenance(type, VectorClock.empty())));
    return this;
  }

  /**
   * Returns the part of the step that decides the writes of {@code named}, which is added the first
   * time.
   *
   * @param type the type of the entries that it writes
   */
  public <P extends StepPart> P part(
      StateType<?> type, StateKey named, Class<P> kind, Supplier<P> added) {
    TieredStore unused = store(type, named);
    return kind.cast(parts.computeIfAbsent(named, key -> added.get()));
  }

  private TieredStore store(StateType<?> type, StateKey key) {
    if (committed) {
      throw new IllegalStateException("the step was committed; begin another one");
    }
    if (dataType != null && dataType != type.dataType()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "key "
              + key
              + ": "
              + type
              + " cannot be in a step of "
              + dataType
              + ": entries of two buckets cannot be written together");
    }
    if (owner != null && !owner.equals(key.agent())) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "key " + key + ": a step has one owner, and this one's is " + owner);
    }
    TieredStore store = target(type).store();
    owner = key.agent();
    return store;
  }

  private Target target(StateType<?> type) {
    Target present = target;
    if (present == null) {
      present = targets.apply(type.dataType());
      target = present;
      dataType = type.dataType();
    }
    return present;
  }

  private static Expected checked(StateType<?> type, StateKey key, Expected expected) {
    if (expected instanceof Expected.At at) {
      Revision.OfJournal unused = Entry.ownRevision(key, at.revision());
    } else if (expected instanceof Expected.Anything && type.rules().isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "key "
              + key
              + ": no rules for conflicts run in a step; read the entry and write it at its"
              + " revision, or ifAbsent()");
    }
    return expected;
  }

  private Optional<Provenance> provenance(StateType<?> type, VectorClock seen) {
    if (type.rules().isEmpty()) {
      return Optional.empty();
    }
    seen.ticks().forEach(clock::observe);
    HybridTimestamp time = clock.now();
    return Optional.of(new Provenance(time, seen.tick(time).pruned(CLOCK_LIMIT)));
  }

  private void add(StepWrite write) {
    writes.remove(write.key());
    writes.put(write.key(), write);
  }

  @Override
  public Committed commit() {
    Target to = target;
    AgentId whose = owner;
    boolean empty = writes.isEmpty() && parts.isEmpty();
    if (committed || empty || to == null || whose == null) {
      throw new IllegalStateException(
          committed ? "the step was committed; begin another one" : "the step is empty");
    }
    Map<StateKey, Revision.OfJournal> written = write(to, whose);
    if (durable && !to.store().commits().isAlways()) {
      to.store().commits().await(written);
    }
    return new Committed(new LinkedHashMap<>(written));
  }

  private Map<StateKey, Revision.OfJournal> write(Target to, AgentId whose) {
    List<StepWrite> step = List.copyOf(writes.values());
    List<StepPart> inOrder =
        parts.entrySet().stream()
            .sorted(Comparator.comparing(part -> part.getKey().toString()))
            .map(Map.Entry::getValue)
            .toList();
    committed = true;
    return to.store().steps().write(whose, step, inOrder, this::checkSize);
  }

  private void checkSize(List<StepWrite> step) {
    long bytes = step.stream().mapToLong(write -> write.value().length).sum();
    if (step.size() > MOST_WRITES || bytes > maxBytes) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          "a step of "
              + step.get(0).key().agent()
              + " has "
              + step.size()
              + " entries of "
              + bytes
              + " bytes together, and may have "
              + MOST_WRITES
              + " entries of "
              + maxBytes
              + " bytes (flush.maxBytes); nothing was sent");
    }
  }
}
