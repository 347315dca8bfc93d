package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.IndexTrouble;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.spi.sql.AdviceStore;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The contract of what the statistics say. The fixture's database has the set {@code monitoring},
 * and not {@code statements}.
 */
public abstract class AdviceStoreContract extends UnitContract {

  /** For implementations. */
  protected AdviceStoreContract() {}

  /**
   * Has the store recommend an index of a table {@code advised.orders} on a column.
   *
   * @param column {@code customer} or {@code note}
   * @param buildable whether the index can be built
   */
  protected abstract UUID recommend(String column, boolean buildable);

  /** Makes {@code advised.twin} an index that does all that {@code advised.original} does. */
  protected abstract void duplicate();

  private AdviceStore advice() {
    return sql().advice();
  }

  private Optional<MissingIndex> pending(UUID id) {
    return advice().missing().stream().filter(index -> index.id().equals(id)).findFirst();
  }

  @Test
  void aRecommendationIsListedUntilItIsBuilt() {
    UUID id = recommend("customer", true);
    MissingIndex listed = pending(id).orElseThrow();
    assertThat(listed.table()).isEqualTo("advised.orders");
    assertThat(listed.columns()).containsExactly("customer");
    assertThat(listed.method()).isEqualTo("btree");
    assertThat(listed.reason()).isNotBlank();
    assertThat(listed.benefit()).isNotBlank();
    assertThat(listed.failure()).isEmpty();

    assertThat(advice().implement(id)).isEqualTo("idx_orders_customer_auto");

    assertThat(pending(id)).isEmpty();
    assertThat(advice().implement(id)).as("once more").isEqualTo("idx_orders_customer_auto");
    assertThat(advice().reject(id)).as("it is built").isFalse();
  }

  @Test
  void whatCannotBeBuiltStaysWithTheReason() {
    UUID id = recommend("customer", false);
    assertFails(DataError.MISCONFIGURED, () -> advice().implement(id));
    assertThat(pending(id).orElseThrow().failure()).isPresent();
  }

  @Test
  void aRejectedRecommendationIsNeitherListedNorBuilt() {
    UUID id = recommend("customer", true);
    UUID other = recommend("note", true);
    assertThat(advice().reject(id)).isTrue();

    assertThat(pending(id)).isEmpty();
    assertThat(pending(other)).isPresent();
    assertThat(advice().reject(id)).as("once more").isFalse();
    assertFails(DataError.NOT_FOUND, () -> advice().implement(id));
  }

  @Test
  void anUnknownRecommendationIsNotFound() {
    UUID unknown = UUID.randomUUID();
    assertFails(DataError.NOT_FOUND, () -> advice().implement(unknown));
    assertThat(advice().reject(unknown)).isFalse();
  }

  @Test
  void aRejectionIsCommittedWithItsTransaction() {
    UUID id = recommend("customer", true);
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          assertThat(unit.advice().reject(id)).isTrue();
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(pending(id)).isPresent();
  }

  @Test
  void noIndexIsBuiltInATransaction() {
    UUID id = recommend("customer", true);
    assertThatThrownBy(() -> sql().inTransaction(OPTIONS, unit -> unit.advice().implement(id)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("outside of a unit");
    assertThat(pending(id)).isPresent();
  }

  @Test
  void anIndexThatHelpsNobodyIsFound() {
    duplicate();
    IndexFinding found =
        advice().indexes().stream()
            .filter(finding -> finding.table().equals("advised.orders"))
            .findFirst()
            .orElseThrow();
    assertThat(found.index()).isEqualTo("advised.twin");
    assertThat(found.trouble()).isEqualTo(IndexTrouble.DUPLICATE);
    assertThat(found.reason()).contains("advised.original");
    assertThat(found.statement()).isEqualTo("DROP INDEX CONCURRENTLY advised.twin;");
    assertThat(found.bytes()).isPositive();
  }

  @Test
  void withoutStatisticsOfStatementsThereIsNoAnswer() {
    assertThatThrownBy(() -> advice().slowStatements(5))
        .hasMessageContaining("statements")
        .satisfies(e -> assertFails(DataError.MISCONFIGURED, () -> advice().slowStatements(5)));
  }
}
