package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.ForgetReport;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.state.SaveOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of forgetting agents whose entries are encrypted with keys of their own. */
public abstract class ForgottenKeysContract extends EncryptionTests {

  private static final SaveOptions NO_OPTION = SaveOptions.unconditional();

  /** For implementations. */
  protected ForgottenKeysContract() {}

  private Persistence ownKeys() {
    return encrypted(encryption().keyOfEachOwner());
  }

  private DataKeyStore dataKeys() {
    return stores().sql().dataKeys();
  }

  /** Returns what the bucket holds of an agent's entries, as a backup would. */
  private Map<StateKey, byte[]> backup(AgentId agent) {
    Map<StateKey, byte[]> entries = new LinkedHashMap<>();
    try (JournalReader reader = bucket(Bucket.AGENT_STATE).journal().read(JournalRange.from(1))) {
      Optional<JournalEntry> next = reader.next(SOON);
      while (next.isPresent()) {
        JournalEntry entry = next.get();
        if (entry.operation() == Operation.PUT) {
          entry
              .key()
              .filter(key -> key.agent().equals(agent))
              .ifPresent(key -> entries.put(key, entry.value()));
        }
        next = entry.pending() == 0 ? Optional.empty() : reader.next(SOON);
      }
    }
    return entries;
  }

  @Test
  void aBackupOfAForgottenAgentIsUnreadable() {
    Persistence runtime = ownKeys();
    MarkedAgent kept = MarkedAgent.write(runtime, "keep-me", agent());
    MarkedAgent marked = MarkedAgent.write(runtime, MARKER, agent());
    StateKey note = StateKey.of(marked.id(), "note");
    Map<StateKey, byte[]> backup = backup(marked.id());
    assertThat(backup).containsKey(note);
    assertThat(dataKeys().newest(marked.id().toString())).isPresent();

    ForgetReport report = runtime.forgetting().forget(marked.id());

    assertThat(report.keyDestroyed()).isTrue();
    assertThat(report.endedAt()).isPresent();
    assertThat(report.remaining()).anyMatch(left -> left.contains("key is unreadable"));
    assertThat(dataKeys().newest(marked.id().toString())).isEmpty();
    backup.forEach(this::store);
    for (Persistence reading : new Persistence[] {runtime, ownKeys()}) {
      assertUnreadable(() -> states(reading).find(note));
      assertUnreadable(() -> reading.log(marked.id(), "notes", Object.class).tail(1));
      assertThat(states(reading).find(StateKey.of(kept.id(), "note"))).isPresent();
      assertThat(reading.log(kept.id(), "notes", Object.class).tail(1)).hasSize(1);
    }
  }

  @Test
  void aKeyThatAgentsShareStays() {
    Persistence runtime = encrypted();
    AgentId other = register();
    states(runtime).save(key("forgotten"), MARKER, NO_OPTION);
    states(runtime).save(StateKey.of(other, "kept"), "kept", NO_OPTION);

    ForgetReport report = runtime.forgetting().forget(agent());

    assertThat(report.keyDestroyed()).isFalse();
    assertThat(dataKeys().newest(EncryptionConfig.SHARED)).isPresent();
    assertThat(states(encrypted()).find(StateKey.of(other, "kept")).orElseThrow().value())
        .isEqualTo("kept");
  }

  @Test
  void theProviderIsNotNeeded() {
    Persistence runtime = ownKeys();
    states(runtime).save(key("one"), MARKER, NO_OPTION);
    keys.away(true);

    assertThat(runtime.forgetting().forget(agent()).keyDestroyed()).isTrue();
    assertThat(ownKeys().forgetting().unfinished())
        .allSatisfy(report -> assertThat(report.endedAt()).isPresent());
  }

  @Test
  void anOwnerWhoComesBackHasANewKey() {
    Persistence runtime = ownKeys();
    StateKey cart = StateKey.of(AgentId.external("user 3"), "cart");
    states(runtime).save(cart, "apples", NO_OPTION);
    byte[] old = stored(cart);
    assertThat(runtime.forgetting().forget(cart.agent()).keyDestroyed()).isTrue();

    states(runtime).save(cart, "pears", NO_OPTION);

    assertThat(states(ownKeys()).find(cart).orElseThrow().value()).isEqualTo("pears");
    store(cart, old);
    assertUnreadable(() -> states(ownKeys()).find(cart));
  }
}
