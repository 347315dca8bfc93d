package io.mistersmith.persistence.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StorageLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @Test
  void anOverrideChangesOneTypeOfACopy() {
    DataRouter router =
        DataRouter.standard().withOverride(DataType.SESSION_DATA, StorageLayer.MEMORY_CACHE);
    assertThat(router.selectStorage(DataType.SESSION_DATA)).isEqualTo(StorageLayer.MEMORY_CACHE);
    assertThat(router.selectStorage(DataType.AGENT_STATE)).isEqualTo(StorageLayer.DISTRIBUTED_KV);
    assertThat(DataRouter.standard().selectStorage(DataType.SESSION_DATA))
        .isEqualTo(StorageLayer.DISTRIBUTED_KV);
  }
}
