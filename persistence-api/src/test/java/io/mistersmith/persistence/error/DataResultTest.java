package io.mistersmith.persistence.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DataResultTest {

  private final PersistenceException conflict =
      new TransientPersistenceException(DataError.VERSION_CONFLICT, "lost");
  private final PersistenceException refused =
      new NonTransientPersistenceException(DataError.SERIALIZATION_ERROR, "no JSON");

  @Test
  void aSuccessCarriesItsValue() {
    DataResult<Integer> result = DataResult.success(1);
    assertThat(result.isSuccess()).isTrue();
    assertThat(result.toOptional()).contains(1);
    assertThat(result.failure()).isEmpty();
    assertThat(result.requiresRetry()).isFalse();
    assertThat(result.map(value -> value + 1).orElseThrow()).isEqualTo(2);
  }

  @Test
  void aFailureCarriesItsCause() {
    DataResult<Integer> result = DataResult.failure(conflict);
    assertThat(result.isSuccess()).isFalse();
    assertThat(result.toOptional()).isEmpty();
    assertThat(result.failure()).contains(conflict);
    assertThatThrownBy(() -> result.map(value -> value + 1).orElseThrow()).isSameAs(conflict);
  }

  @Test
  void onlyTransientFailuresAreWorthARetry() {
    assertThat(DataResult.failure(conflict).requiresRetry()).isTrue();
    assertThat(DataResult.failure(refused).requiresRetry()).isFalse();
  }
}
