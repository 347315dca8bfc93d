/** The contracts of the API, on the engine over in-memory stores and over real servers. */
@NullMarked
package io.mistersmith.persistence.core.contract;

import org.jspecify.annotations.NullMarked;
