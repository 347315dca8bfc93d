package io.mistersmith.persistence.core.internal.state.large;

import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.LargeValues.Description;

/** Writes descriptions as they are, so that both stores and every version read the same text. */
public final class DescriptionCodec implements JsonCodec<Description> {

  /** The codec. */
  public DescriptionCodec() {}

  @Override
  public byte[] encode(Description value) {
    return value.json();
  }

  @Override
  public Description decode(byte[] json) {
    return Description.parse(json);
  }

  @Override
  public boolean sharesValues() {
    return true;
  }
}
