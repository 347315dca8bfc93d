package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How a batch of embeddings is divided, so that no statement needs too much memory. */
class EmbeddingUpsertTest {

  private static Embedding embedding(int fact, String model, int numbers) {
    float[] vector = new float[numbers];
    vector[0] = 1;
    return Embedding.of(new UUID(0, fact), new Model(model, "1"), "t", vector);
  }

  @Test
  void aPartHasNoMoreNumbersThanItMay() {
    Embedding first = embedding(1, "a", 3);
    Embedding second = embedding(1, "b", 3);
    Embedding third = embedding(2, "a", 4);
    Embedding large = embedding(3, "c", 20);
    Embedding last = embedding(4, "a", 1);
    List<Embedding> batch = List.of(last, large, third, second, first);
    assertThat(EmbeddingUpsert.parts(batch, 10))
        .containsExactly(List.of(first, second, third), List.of(large), List.of(last));
    assertThat(EmbeddingUpsert.parts(batch, 9))
        .containsExactly(List.of(first, second), List.of(third), List.of(large), List.of(last));
    assertThat(EmbeddingUpsert.parts(batch, 100)).hasSize(1);
    assertThat(EmbeddingUpsert.parts(List.of(), 10)).isEmpty();
  }
}
