package io.mistersmith.persistence.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;

/** In place of a model: how often a text has each letter. Counts the texts that it is given. */
final class LetterModel implements EmbeddingModel {

  private int asked;

  int asked() {
    return asked;
  }

  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    List<Embedding> embeddings = new ArrayList<>();
    for (String text : request.getInstructions()) {
      embeddings.add(new Embedding(vector(text), embeddings.size()));
    }
    return new EmbeddingResponse(embeddings);
  }

  @Override
  public float[] embed(Document document) {
    return vector(String.valueOf(document.getText()));
  }

  private float[] vector(String text) {
    asked++;
    float[] vector = new float[27];
    vector[26] = 0.1f;
    text.toLowerCase(Locale.ROOT)
        .chars()
        .filter(c -> c >= 'a' && c <= 'z')
        .forEach(c -> vector[c - 'a']++);
    return vector;
  }
}
