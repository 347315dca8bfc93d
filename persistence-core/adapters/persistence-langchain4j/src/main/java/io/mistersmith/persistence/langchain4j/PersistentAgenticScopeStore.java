package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.agentic.scope.AgenticScopeKey;
import dev.langchain4j.agentic.scope.AgenticScopeSerializer;
import dev.langchain4j.agentic.scope.AgenticScopeStore;
import dev.langchain4j.agentic.scope.DefaultAgenticScope;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A store for the scopes of LangChain4j's agentic systems: {@code
 * AgenticScopePersister.setStore(PersistentAgenticScopeStore.of(persistence))}. A scope is an entry
 * of agent state, so it has at most about 1 MB of JSON. Of two processes that save one scope, the
 * last one wins. Failures are {@link io.mistersmith.persistence.error.PersistenceException}s.
 * Thread-safe.
 */
public final class PersistentAgenticScopeStore implements AgenticScopeStore {

  private static final AgentId OWNER = AgentId.external("langchain4j-agentic");
  private static final int PAGE = 1_000;
  private static final StateType<DefaultAgenticScope> SCOPES =
      StateType.of("agentic-scope", DefaultAgenticScope.class).withCodec(new ScopeCodec());

  private final StateRepository<DefaultAgenticScope> scopes;
  private final AgentId owner;

  private PersistentAgenticScopeStore(Persistence persistence, AgentId owner) {
    this.scopes = persistence.states(SCOPES);
    this.owner = Objects.requireNonNull(owner, "owner");
  }

  /** Returns a store whose scopes belong to an owner outside the registry. */
  public static PersistentAgenticScopeStore of(Persistence persistence) {
    return of(persistence, OWNER);
  }

  /** Returns a store of scopes that belong to this owner. */
  public static PersistentAgenticScopeStore of(Persistence persistence, AgentId owner) {
    return new PersistentAgenticScopeStore(persistence, owner);
  }

  /** Saves a scope, and returns true. */
  @Override
  public boolean save(AgenticScopeKey key, DefaultAgenticScope scope) {
    Versioned<DefaultAgenticScope> unused = scopes.save(stateKey(key), scope);
    return true;
  }

  /** Returns the scope with this key. */
  @Override
  public Optional<DefaultAgenticScope> load(AgenticScopeKey key) {
    return scopes.find(stateKey(key)).map(Versioned::value);
  }

  /** Deletes a scope, and returns whether there was one. */
  @Override
  public boolean delete(AgenticScopeKey key) {
    boolean exists = scopes.find(stateKey(key)).isPresent();
    scopes.delete(stateKey(key));
    return exists;
  }

  /** Returns the keys of all scopes of the owner. */
  @Override
  public Set<AgenticScopeKey> getAllKeys() {
    Set<AgenticScopeKey> all = new LinkedHashSet<>();
    String after = "";
    List<StateKey> page;
    do {
      page = scopes.keys(owner, "", after, PAGE);
      for (StateKey key : page) {
        all.add(ScopeKeys.parse(key.key()));
        after = key.key();
      }
    } while (page.size() == PAGE);
    return all;
  }

  private StateKey stateKey(AgenticScopeKey key) {
    return StateKey.of(owner, ScopeKeys.text(key));
  }

  private static final class ScopeCodec implements JsonCodec<DefaultAgenticScope> {

    @Override
    public byte[] encode(DefaultAgenticScope scope) {
      return AgenticScopeSerializer.toJson(scope).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public DefaultAgenticScope decode(byte[] json) {
      return AgenticScopeSerializer.fromJson(new String(json, StandardCharsets.UTF_8));
    }
  }
}
