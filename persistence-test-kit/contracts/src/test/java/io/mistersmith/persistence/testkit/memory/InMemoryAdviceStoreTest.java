package io.mistersmith.persistence.testkit.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.IndexTrouble;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.contract.AdviceStoreContract;
import io.mistersmith.persistence.testkit.contract.InMemoryFixture;
import io.mistersmith.persistence.testkit.contract.StoresFixture;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class InMemoryAdviceStoreTest extends AdviceStoreContract {

  private final InMemoryFixture fixture = InMemoryFixture.withSets("monitoring");

  @Override
  protected StoresFixture fixture() {
    return fixture;
  }

  private InMemoryStores memory() {
    return (InMemoryStores) fixture.provider();
  }

  @Override
  protected UUID recommend(String column, boolean buildable) {
    UUID id = UUID.randomUUID();
    memory()
        .recommend(
            new MissingIndex(
                id,
                "advised.orders",
                List.of(column),
                "btree",
                "a test says so",
                "Low",
                Instant.EPOCH,
                Optional.empty()),
            buildable ? Optional.empty() : Optional.of("there is no such table"));
    return id;
  }

  @Override
  protected void duplicate() {
    memory()
        .find(
            new IndexFinding(
                "advised.twin",
                "advised.orders",
                IndexTrouble.DUPLICATE,
                8192,
                "advised.original does all that it does.",
                "DROP INDEX CONCURRENTLY advised.twin;"));
  }

  @Test
  void theSlowestStatementComesFirst() {
    memory().migrate("statements");
    memory().remember(new SlowStatement("1", "SELECT 1", 5, 2, 10, Optional.empty()));
    memory().remember(new SlowStatement("2", "SELECT 2", 1, 7, 7, Optional.of("[]")));
    try (Stores stores = memory().open(fixture.config().build())) {
      assertThat(stores.sql().advice().slowStatements(1))
          .extracting(SlowStatement::hash)
          .containsExactly("2");
    }
  }

  @Test
  void withoutTheSetMonitoringEachCallSaysSo() {
    try (Stores stores = new InMemoryStores().open(PersistenceConfig.inMemory().build())) {
      assertThatThrownBy(() -> stores.sql().advice().indexes())
          .hasMessageContaining("the set of migrations monitoring is not applied");
    }
  }
}
