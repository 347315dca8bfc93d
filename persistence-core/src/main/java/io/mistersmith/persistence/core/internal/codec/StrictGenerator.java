package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Refuses at the time of writing what PostgreSQL's jsonb would refuse, or change, at the time of
 * the flush: NUL and unpaired surrogates in strings, and numbers that no IEEE double can hold (RFC
 * 8259, section 6).
 */
final class StrictGenerator extends JsonGeneratorDelegate {

  StrictGenerator(JsonGenerator delegate) {
    super(delegate, false);
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    checkText(name);
    super.writeFieldName(name);
  }

  @Override
  public void writeFieldName(SerializableString name) throws IOException {
    checkText(name.getValue());
    super.writeFieldName(name);
  }

  @Override
  public void writeString(String text) throws IOException {
    checkText(text);
    super.writeString(text);
  }

  @Override
  public void writeString(SerializableString text) throws IOException {
    checkText(text.getValue());
    super.writeString(text);
  }

  @Override
  public void writeString(char[] text, int offset, int length) throws IOException {
    writeString(new String(text, offset, length));
  }

  @Override
  public void writeString(Reader reader, int length) throws IOException {
    StringBuilder text = new StringBuilder();
    char[] buffer = new char[1024];
    int read;
    while ((length < 0 || text.length() < length) && (read = reader.read(buffer)) >= 0) {
      text.append(buffer, 0, length < 0 ? read : Math.min(read, length - text.length()));
    }
    writeString(text.toString());
  }

  @Override
  public void writeNumber(double number) throws IOException {
    checkFinite(number, number);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(float number) throws IOException {
    checkFinite(number, number);
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(BigDecimal number) throws IOException {
    checkFinite(number.doubleValue(), number.precision() - (double) number.scale());
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(BigInteger number) throws IOException {
    checkFinite(number.doubleValue(), number.bitLength());
    super.writeNumber(number);
  }

  @Override
  public void writeNumber(String encoded) throws IOException {
    writeNumber(new BigDecimal(encoded));
  }

  private void checkText(String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != 0 && c < Character.MIN_SURROGATE) {
        continue;
      }
      if (c == 0) {
        throw refused("a string holds NUL at index " + i + ", which PostgreSQL cannot store");
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw refused("a string holds half a surrogate pair at index " + i);
        }
        i++;
      }
    }
  }

  private void checkFinite(double number, double magnitude) throws IOException {
    if (Double.isNaN(number)) {
      throw refused("NaN is no JSON number");
    }
    if (Double.isInfinite(number)) {
      throw refused(
          Double.isInfinite(magnitude)
              ? "infinity is no JSON number"
              : "a number is beyond the range of a double");
    }
  }

  private JsonGenerationException refused(String reason) {
    return new JsonGenerationException(reason, this);
  }
}
