package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.Advice;
import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.IndexTrouble;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an application is advised, over in-memory stores. */
class AdviceTest {

  private final InMemoryStores stores = new InMemoryStores();
  private final Persistence persistence =
      Persistence.open(PersistenceConfig.inMemory().build(), stores);

  @AfterEach
  void close() {
    persistence.close();
  }

  private Advice advice() {
    return persistence.operations().advice();
  }

  private UUID recommend(String column) {
    UUID id = UUID.randomUUID();
    stores.recommend(
        new MissingIndex(
            id, "app.t", List.of(column), "btree", "seen", "Low", Instant.EPOCH, Optional.empty()),
        Optional.empty());
    return id;
  }

  @Test
  void withoutItsSetAdviceFailsAndNamesIt() {
    assertThatThrownBy(() -> advice().missingIndexes())
        .hasMessageContaining("monitoring")
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED));
  }

  @Test
  void aRecommendationIsBuiltOrRejected() {
    stores.migrate("monitoring");
    UUID built = recommend("a");
    UUID rejected = recommend("b");
    assertThat(advice().missingIndexes())
        .extracting(MissingIndex::id)
        .containsExactlyInAnyOrder(built, rejected);

    assertThat(advice().implement(built)).isEqualTo("idx_t_a_auto");
    advice().reject(rejected);

    assertThat(advice().missingIndexes()).isEmpty();
    assertThatThrownBy(() -> advice().reject(rejected))
        .hasMessageContaining("not pending")
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(DataError.NOT_FOUND));
  }

  @Test
  void findingsAndStatementsAreThoseOfTheStore() {
    stores.migrate("monitoring", "statements");
    IndexFinding finding =
        new IndexFinding("app.i", "app.t", IndexTrouble.UNUSED, 8192, "why", "DROP INDEX app.i;");
    stores.find(finding);
    SlowStatement statement = new SlowStatement("1", "SELECT 1", 3, 2, 6, Optional.empty());
    stores.remember(statement);

    assertThat(advice().indexes()).containsExactly(finding);
    assertThat(advice().slowStatements(5)).containsExactly(statement);
    assertThatThrownBy(() -> advice().slowStatements(0)).hasMessageContaining("most is 0");
  }
}
