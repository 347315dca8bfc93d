package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Reads with faults; see {@link AsyncFaults} for what comes before and after a call. */
final class FaultyReads implements HotReads {

  private final HotReads real;
  private final Faults faults;

  FaultyReads(HotReads real, Faults faults) {
    this.real = real;
    this.faults = faults;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public Duration maxAge() {
    return real.maxAge();
  }

  @Override
  public boolean hasReplicas() {
    return faults.isStale() || real.hasReplicas();
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return faults.run(Call.GET, () -> lags(key, from) ? stale(key) : real.get(key, from));
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return AsyncFaults.later(
        faults,
        Call.GET,
        () ->
            lags(key, from)
                ? CompletableFuture.completedFuture(stale(key))
                : real.getAsync(key, from),
        () -> {});
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    return faults.run(
        Call.GET,
        () -> {
          Map<StateKey, HotEntry> found = new LinkedHashMap<>(real.getAll(keys, from));
          lag(found, keys, from);
          return found;
        });
  }

  @Override
  public Together getTogether(Collection<StateKey> keys) {
    return faults.run(
        Call.GET,
        () -> {
          Together together = real.getTogether(keys);
          Map<StateKey, HotEntry> found = new LinkedHashMap<>(together.messages());
          lag(found, keys, ReadFrom.ANY_REPLICA);
          return new Together(found, together.ofOneMoment());
        });
  }

  private void lag(Map<StateKey, HotEntry> found, Collection<StateKey> keys, ReadFrom from) {
    for (StateKey key : keys) {
      if (lags(key, from)) {
        found.remove(key);
        stale(key).ifPresent(entry -> found.put(key, entry));
      }
    }
  }

  private boolean lags(StateKey key, ReadFrom from) {
    return faults.isStale() && from == ReadFrom.ANY_REPLICA && faults.replica().lags(name(), key);
  }

  private Optional<HotEntry> stale(StateKey key) {
    return faults.replica().recall(name(), key);
  }

  @Override
  public Optional<MessagePlace> latest(AgentId agent) {
    return faults.run(Call.GET, () -> real.latest(agent));
  }

  @Override
  public Optional<HotEntry> latest(AgentId agent, String prefix) {
    return faults.run(Call.GET, () -> real.latest(agent, prefix));
  }

  @Override
  public List<HotEntry> list(AgentId agent, String prefix) {
    return faults.run(
        Call.GET,
        () ->
            real.list(agent, prefix).stream()
                .map(
                    entry ->
                        lags(entry.key(), ReadFrom.ANY_REPLICA)
                            ? stale(entry.key()).orElse(entry)
                            : entry)
                .toList());
  }

  @Override
  public CompletableFuture<Set<StateKey>> keysAsync(AgentId agent, String prefix) {
    return AsyncFaults.later(
        faults,
        Call.GET,
        () -> real.keysAsync(agent, prefix).thenApply(this::withoutThoseToCome),
        () -> {});
  }

  /** Without the keys that a replica which lags has nothing of yet. */
  private Set<StateKey> withoutThoseToCome(Set<StateKey> keys) {
    return keys.stream()
        .filter(key -> !lags(key, ReadFrom.ANY_REPLICA) || stale(key).isPresent())
        .collect(Collectors.toUnmodifiableSet());
  }
}
