package io.mistersmith.persistence.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EncryptionConfigTest {

  private static final KeyProvider KEYS = KeyProvider.inMemory(Map.of());

  private static EncryptionConfig.Builder builder() {
    return EncryptionConfig.builder(KEYS, "main");
  }

  @Test
  void theDefaultsAreStrict() {
    EncryptionConfig config = builder().build();

    assertThat(config.mode()).isEqualTo(EncryptionConfig.Mode.STRICT);
    assertThat(config.dataTypes())
        .containsExactlyInAnyOrder(
            DataType.AGENT_STATE, DataType.SESSION_DATA, DataType.QUERY_CACHE);
    assertThat(config.subject(AgentId.external("a"))).isEqualTo(EncryptionConfig.SHARED);
    assertThat(config.toString()).contains("STRICT", "PT10M", "main");
  }

  @Test
  void eachOwnerCanHaveAKey() {
    AgentId longest = AgentId.external("a".repeat(AgentId.MAX_LENGTH));

    assertThat(builder().keyOfEachOwner().build().subject(longest)).isEqualTo(longest.toString());
  }

  @Test
  void whatCannotWorkIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EncryptionConfig.builder(KEYS, "with blank "));
    assertThatIllegalArgumentException().isThrownBy(() -> builder().cachedKeys(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder().cacheLifetime(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> builder().keyLifetime(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> builder().scope(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> builder().dataTypes(DataType.TASK_INFO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().subject(owner -> "").build().subject(AgentId.external("a")));
  }
}
