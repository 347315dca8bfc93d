package io.mistersmith.persistence.core.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;

/** Consumers in order of runtimes that share a database. */
class OrderLeasesTest {

  private static final ConsumerPlan PLAN = ConsumerPlan.durable("ORDERS", "packer").build();

  @Test
  void aConsumerWaitsForOthersOfItsPrefixAlone() {
    try (Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build())) {
      JournalStore journals = stores.sql().journals();
      assertThat(new OrderLeases(journals, "acme_", "one").of(PLAN).ask()).isTrue();
      assertThat(new OrderLeases(journals, "globex_", "two").of(PLAN).ask()).isTrue();
      assertThat(new OrderLeases(journals, "", "three").of(PLAN).ask()).isTrue();
      assertThat(new OrderLeases(journals, "acme_", "four").of(PLAN).ask()).isFalse();
    }
  }
}
