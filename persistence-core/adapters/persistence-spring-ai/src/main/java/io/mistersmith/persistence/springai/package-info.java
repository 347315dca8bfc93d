/** Chat memory, vector store and sessions of Spring AI over this library. */
@NullMarked
package io.mistersmith.persistence.springai;

import org.jspecify.annotations.NullMarked;
