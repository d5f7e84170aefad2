"""What the API of notifications takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.notifications import NotificationSettings


class NotificationSettingsIn(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    assignment: bool | None = None
    new_mail: bool | None = None
    unassigned: bool | None = None
    mentions: bool | None = None
    include_content: bool | None = None


class NotificationSettingsOut(BaseModel):
    """What one is told of by mail."""

    assignment: Annotated[bool, Field(description="a conversation is given to one")]
    new_mail: Annotated[bool, Field(description="a mail comes in a conversation of one's own")]
    unassigned: Annotated[bool, Field(description="a mail comes in a conversation that is nobody's")]
    mentions: Annotated[bool, Field(description="a note names one")]
    include_content: Annotated[bool, Field(description="these mails say what the mail or the note says")]

    @classmethod
    def of(cls, wants: NotificationSettings) -> NotificationSettingsOut:
        return cls(
            assignment=wants.assignment,
            new_mail=wants.new_mail,
            unassigned=wants.unassigned,
            mentions=wants.mentions,
            include_content=wants.include_content,
        )
