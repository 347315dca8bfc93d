package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.state.cache.L1;
import io.mistersmith.persistence.core.internal.state.cache.Slot;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Finds many entries: in memory, and the rest in the stores, at one moment. What memory has may be
 * from before a step that the rest shows, or that came between two looks into memory. So it is only
 * used if all of it still is in memory when the rest has been read, and was read again otherwise: a
 * read that meets a step drops what may be older, see {@link L1#metStep}.
 *
 * @param <T> the type of the entries
 */
final class ManyFinds<T> {

  private final TieredStore store;
  private final L1<Entry> l1;
  private final KeySpace space;
  private final Function<Slot<Entry>, Optional<Versioned<T>>> kept;
  private final Function<Entry, Versioned<T>> decode;

  /**
   * Finds entries of {@code space} in {@code store}.
   *
   * @param kept the answer that a slot holds
   * @param decode makes an answer of an entry
   */
  ManyFinds(
      TieredStore store,
      KeySpace space,
      Function<Slot<Entry>, Optional<Versioned<T>>> kept,
      Function<Entry, Versioned<T>> decode) {
    this.store = store;
    this.l1 = store.tiers().l1();
    this.space = space;
    this.kept = kept;
    this.decode = decode;
  }

  Map<StateKey, DataResult<Optional<Versioned<T>>>> find(Collection<StateKey> wanted) {
    Map<StateKey, DataResult<Optional<Versioned<T>>>> rows = new LinkedHashMap<>();
    Map<StateKey, StateKey> missing = new LinkedHashMap<>();
    Map<StateKey, Slot<Entry>> found = new LinkedHashMap<>();
    boolean steps = false;
    for (StateKey key : wanted) {
      StateKey own = space.own(key);
      Slot<Entry> slot = l1.find(own);
      if (slot == null) {
        missing.put(own, key);
      } else {
        found.put(own, slot);
        steps |= slot.entry().map(Entry::isOfStep).orElse(true); // a step may have deleted it
      }
      rows.put(key, row(() -> slot == null ? Optional.empty() : kept.apply(slot)));
    }
    boolean away = !missing.isEmpty() && load(missing, rows);
    if (!found.isEmpty() && (away || ((steps || !missing.isEmpty()) && !areCurrent(found)))) {
      wanted.forEach(key -> missing.put(space.own(key), key));
      boolean unused = load(missing, rows);
    }
    return rows;
  }

  private boolean areCurrent(Map<StateKey, Slot<Entry>> found) {
    return found.entrySet().stream().allMatch(slot -> l1.isCurrent(slot.getKey(), slot.getValue()));
  }

  /**
   * Reads the keys from the stores.
   *
   * @param keys the keys as the stores have them, each with its name outside
   * @return whether PostgreSQL answered in place of KV
   */
  private boolean load(
      Map<StateKey, StateKey> keys, Map<StateKey, DataResult<Optional<Versioned<T>>>> rows) {
    boolean away = false;
    for (Map.Entry<StateKey, DataResult<Optional<Entry>>> loaded :
        store.loader().loadAll(keys.keySet()).entrySet()) {
      DataResult<Optional<Entry>> result = loaded.getValue();
      away |= result.isSuccess() && result.orElseThrow().flatMap(Entry::awaySince).isPresent();
      rows.put(
          Objects.requireNonNull(keys.get(loaded.getKey())),
          row(() -> result.orElseThrow().map(decode)));
    }
    return away;
  }

  private DataResult<Optional<Versioned<T>>> row(Supplier<Optional<Versioned<T>>> decoding) {
    try {
      return DataResult.success(decoding.get());
    } catch (PersistenceException e) {
      return DataResult.failure(e);
    }
  }
}
