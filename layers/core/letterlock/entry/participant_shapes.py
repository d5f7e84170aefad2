"""What the API of participants takes, as a pydantic model: the edge, and nothing behind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.mail import Address
from letterlock.domain.people import ADDRESS_OCTETS, NAME_CHARACTERS


class ParticipantIn(BaseModel):
    """Somebody outside the team."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(min_length=3, max_length=ADDRESS_OCTETS, examples=["bob@customer.example"])]
    name: Annotated[str, Field(max_length=NAME_CHARACTERS)] = ""
    requester: Annotated[
        bool, Field(description="Answers go to them; whoever was the requester before gets a copy from then on")
    ] = False

    def participant(self) -> Address:
        return Address(self.address, self.name)
