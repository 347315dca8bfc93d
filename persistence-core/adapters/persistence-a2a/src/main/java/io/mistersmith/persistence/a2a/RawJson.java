package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.state.JsonCodec;
import java.nio.charset.StandardCharsets;

/** Keeps JSON text as it is. */
final class RawJson implements JsonCodec<String> {

  @Override
  public byte[] encode(String value) {
    return value.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String decode(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }

  @Override
  public boolean sharesValues() {
    return true;
  }
}
