package io.mistersmith.persistence.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DataRouterTest {

  @ParameterizedTest
  @CsvSource({
    "SESSION_DATA, DISTRIBUTED_KV",
    "AGENT_STATE, DISTRIBUTED_KV",
    "TASK_INFO, RELATIONAL_DB",
    "MESSAGE_LOG, RELATIONAL_DB",
    "KNOWLEDGE_BASE, VECTOR_STORE"
  })
  void routesAsTheSeedsSay(DataType type, StorageLayer layer) {
    assertThat(DataRouter.standard().selectStorage(type)).isEqualTo(layer);
  }

  @ParameterizedTest
  @CsvSource({
    "AGENT_STATE, WRITE_BEHIND, AGENT_STATE, agents.state",
    "AGENT_CONFIG, SQL_FIRST, AGENT_CONFIG, agents.registry",
    "SESSION_DATA, KV_ONLY, SESSION_DATA,",
    "QUERY_CACHE, KV_ONLY, QUERY_CACHE,",
    "TASK_INFO, SQL_ONLY,, tasks.queue",
    "MESSAGE_LOG, SQL_ONLY,, messages.log",
    "KNOWLEDGE_BASE, SQL_ONLY,, knowledge.facts"
  })
  void givesPolicyBucketAndTable(DataType type, WritePolicy policy, String bucket, String table) {
    DataRouter router = DataRouter.standard();
    assertThat(router.policy(type)).isEqualTo(policy);
    assertThat(router.bucket(type).orElse(null)).isEqualTo(bucket);
    assertThat(router.table(type).orElse(null)).isEqualTo(table);
  }

  @Test
  void anOverrideChangesOneTypeOfACopy() {
    DataRouter router =
        DataRouter.standard().withPolicy(DataType.AGENT_STATE, WritePolicy.WRITE_THROUGH);
    assertThat(router.policy(DataType.AGENT_STATE)).isEqualTo(WritePolicy.WRITE_THROUGH);
    assertThat(router.policy(DataType.SESSION_DATA)).isEqualTo(WritePolicy.KV_ONLY);
    assertThat(DataRouter.standard().policy(DataType.AGENT_STATE))
        .isEqualTo(WritePolicy.WRITE_BEHIND);
  }

  @ParameterizedTest
  @EnumSource
  void everyPossiblePolicyIsAccepted(DataType type) {
    for (WritePolicy policy : DataRouter.possible(type)) {
      DataRouter router = DataRouter.standard().withPolicy(type, policy);
      assertThat(router.policy(type)).isEqualTo(policy);
      assertThat(router.table(type).isPresent()).isEqualTo(policy.isInSql());
      assertThat(router.bucket(type).isPresent()).isEqualTo(policy.isInKv());
    }
  }

  @Test
  void whatATypeCannotHaveIsRefusedWithWhatItCan() {
    DataRouter router = DataRouter.standard();
    assertThatThrownBy(() -> router.withPolicy(DataType.AGENT_STATE, WritePolicy.KV_ONLY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("AGENT_STATE cannot be KV_ONLY; give one of [WRITE_BEHIND, WRITE_THROUGH]");
    assertThatThrownBy(() -> router.withPolicy(DataType.SESSION_DATA, WritePolicy.WRITE_BEHIND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("SESSION_DATA cannot be WRITE_BEHIND; it is always KV_ONLY");
  }
}
