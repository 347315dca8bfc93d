package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Reads a bucket through its guard. */
final class GuardedReads implements HotReads {

  private static final StoreCall GET = read("get");
  private static final StoreCall GET_ALL = read("getAll");
  private static final StoreCall LATEST = read("latest");
  private static final StoreCall LIST = read("list");

  private final HotReads real;
  private final GuardedRole role;

  GuardedReads(HotReads real, GuardedRole role) {
    this.real = real;
    this.role = role;
  }

  private static StoreCall read(String name) {
    return new StoreCall("HotReads." + name, Repeat.READ);
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public boolean hasReplicas() {
    return real.hasReplicas();
  }

  @Override
  public Duration maxAge() {
    return real.maxAge();
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return role.run(GET, () -> real.get(key, from));
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return role.start(GET, () -> real.getAsync(key, from));
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    return role.run(GET_ALL, () -> real.getAll(keys, from));
  }

  @Override
  public Together getTogether(Collection<StateKey> keys) {
    return role.run(GET_ALL, () -> real.getTogether(keys));
  }

  @Override
  public Optional<MessagePlace> latest(AgentId agent) {
    return role.run(LATEST, () -> real.latest(agent));
  }

  @Override
  public Optional<HotEntry> latest(AgentId agent, String prefix) {
    return role.run(LATEST, () -> real.latest(agent, prefix));
  }

  @Override
  public List<HotEntry> list(AgentId agent, String prefix) {
    return role.run(LIST, () -> real.list(agent, prefix));
  }

  @Override
  public CompletableFuture<Set<StateKey>> keysAsync(AgentId agent, String prefix) {
    return role.start(LIST, () -> real.keysAsync(agent, prefix));
  }
}
