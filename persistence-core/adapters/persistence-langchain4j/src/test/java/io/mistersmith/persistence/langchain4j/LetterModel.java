package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;

/** In place of a model: how often a text has letters. */
final class LetterModel implements EmbeddingModel {

  private static final int DIMENSIONS = 32;

  @Override
  public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
    return Response.from(segments.stream().map(segment -> vector(segment.text())).toList());
  }

  private static Embedding vector(String text) {
    float[] numbers = new float[DIMENSIONS];
    numbers[0] = 1;
    text.chars().forEach(letter -> numbers[letter % DIMENSIONS]++);
    return Embedding.from(numbers);
  }
}
